//! Programs that show how virtargv is embedded: see `src/bin` and `tests`.
