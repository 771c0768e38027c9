//! What users see when a declaration is wrong, and what must stay right.

#[test]
fn mistakes_are_told_in_our_words() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("fail/*/*.rs");
}
