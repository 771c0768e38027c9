//! Examples of Plywood: each file beside this one is a program.
