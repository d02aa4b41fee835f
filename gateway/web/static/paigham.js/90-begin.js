begin(document);
