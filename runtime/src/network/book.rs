//! The rows of the book that generated code names, printed: views of layers, common rules.

plywood_macros::book!(network);
