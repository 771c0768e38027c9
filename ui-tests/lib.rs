//! What users see at compile time: the tests are in the folders beside this file.
