//! The rows of the book that learn, printed: elementwise losses, optimizers.

plywood_macros::book!(learning);
