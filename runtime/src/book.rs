//! The rows of the book, printed: views of layers, common rules, elementwise losses, optimizers.

plywood_macros::book!();
