"""The application: services turn events into rows, channels turn rows into messages, web and models round them."""
