//! The root package owns `tests/` and `examples/`; it has no code of its own.
