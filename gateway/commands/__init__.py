"""The commands of `paigham`, a module for each family. Heavy imports stand inside them: `--help` stays quick."""
