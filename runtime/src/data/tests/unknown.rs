//! Categories that were not fitted: refused, zeros, or another.

use crate::data::{Encoder, Encoding, Missing, Table, Unknown};

fn table(kinds: &[&str]) -> Table {
    Table::new(["kind", "x"], kinds.iter().map(|kind| [kind, "1"])).unwrap()
}

fn encoder() -> Encoder {
    Encoder::new().one_hot("kind")
}

#[test]
fn unknown_categories_are_refused_unless_something_is_said() {
    for encoder in [encoder(), encoder().missing("kind", Missing::constant("other"))] {
        let encoding = encoder.fit(&table(&["a", "b"])).unwrap();
        let error = encoding.samples::<Vec<f32>>(&table(&["a", "c"])).unwrap_err().to_string();
        let expected =
            "help: `.unknown(\"kind\", Unknown::Zeros)` makes zeros of any other; it is said before the";
        assert!(
            error.contains("line 2, column `kind`: `c` is none of") && error.contains(expected),
            "{error}"
        );
    }
    // a class is never unknown, and nothing is guessed from a single letter
    let encoding = Encoder::new().classes("kind").fit(&table(&["a", "b"])).unwrap();
    let error = encoding.dataset::<f32, u32>(&table(&["a", "c"])).unwrap_err().to_string();
    let expected = "`a`, `b`\nhelp: no network answers with a class that it did not learn: rows to train with must have \
                    some of each";
    assert!(error.ends_with(expected), "{error}");
}

/// As scikit-learn's `OneHotEncoder(handle_unknown="ignore")`.
#[test]
fn unknown_categories_are_zeros_or_another() {
    let (train, test) = (table(&["b", "a", "b"]), table(&["c", "a", ""]));
    let encoder = encoder().missing("kind", Missing::MostFrequent);
    let zeros = encoder.clone().unknown("kind", Unknown::Zeros).fit(&train).unwrap();
    let other = encoder.clone().unknown(.., Unknown::constant("other")).fit(&train).unwrap();
    let known =
        encoder.clone().unknown(.., Unknown::Zeros).unknown(0, Unknown::constant("b")).fit(&train).unwrap();
    assert_eq!(
        zeros.samples::<[f32; 3]>(&test).unwrap(),
        [[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]
    );
    assert_eq!(other.features(), ["kind=a", "kind=b", "kind=other", "x"]);
    assert_eq!(other.samples::<[f32; 4]>(&test).unwrap()[0], [0.0, 0.0, 1.0, 1.0]);
    assert_eq!(known.samples::<[f32; 3]>(&test).unwrap()[0], [0.0, 1.0, 1.0]);
    let both =
        encoder.missing(.., Missing::constant("?")).unknown(.., Unknown::constant("?")).fit(&train).unwrap();
    assert_eq!(both.features(), ["kind=?", "kind=a", "kind=b", "x"]);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("encoding.csv");
    for encoding in [zeros, other, known, both] {
        encoding.save(&path).unwrap();
        let loaded = Encoding::load(&path).unwrap();
        assert_eq!(loaded, encoding);
        assert_eq!(loaded.samples::<Vec<f32>>(&test).unwrap(), encoding.samples::<Vec<f32>>(&test).unwrap());
    }
    // what an earlier version wrote is read, and refuses
    std::fs::write(&path, "\"plywood encoding\",\"2\",\"names\"\none-hot,kind,0,refuse\ncategory,a\nend,3\n")
        .unwrap();
    assert!(Encoding::load(&path).unwrap().samples::<[f32; 1]>(&table(&["b"])).is_err());
}

#[test]
fn only_categories_can_be_unknown() {
    for (encoder, expected) in [
        (
            encoder().unknown("x", Unknown::Zeros),
            "column `x` was chosen for `.unknown(…)`, but is no input that is one-hot",
        ),
        (encoder().unknown("y", Unknown::Zeros), "there is no column `y`"),
        (
            Encoder::new().classes("kind").unknown("kind", Unknown::Zeros),
            "column `kind` was chosen for `.unknown(…)`",
        ),
    ] {
        let error = encoder.fit(&table(&["a"])).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
