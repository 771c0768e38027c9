//! Categories that the fitted table did not have, and what becomes of them.

/// What becomes of a category that the table that was fitted did not have.
///
/// It belongs to the [`Encoding`](super::Encoding), for every table that it encodes. Classes are never unknown: a network
/// cannot answer with one that it did not learn, so those are an error.
///
/// ```
/// use plywood::data::{Encoder, Table, Unknown};
///
/// let train = Table::new(["litres", "origin"], [["4", "usa"], ["6", "japan"]])?;
/// let test = Table::new(["litres", "origin"], [["5", "iceland"]])?;
/// let encoder = Encoder::new().one_hot("origin");
/// let error = encoder.fit(&train)?.samples::<[f32; 3]>(&test).unwrap_err().to_string();
/// assert!(error.contains("`iceland` is none of the categories that were fitted"));
///
/// let encoding = encoder.clone().unknown("origin", Unknown::Zeros).fit(&train)?;
/// assert_eq!(encoding.samples::<[f32; 3]>(&test)?, [[5.0, 0.0, 0.0]]);
///
/// let encoding = encoder.unknown("origin", Unknown::constant("other")).fit(&train)?;
/// assert_eq!(encoding.features(), ["litres", "origin=japan", "origin=other", "origin=usa"]);
/// assert_eq!(encoding.samples::<[f32; 4]>(&test)?, [[5.0, 0.0, 1.0, 0.0]]);
/// # Ok::<(), plywood::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Unknown {
    /// It is an error that names the cell. What is done if nothing is said.
    #[default]
    Refuse,
    /// None of the column's features is 1, as with scikit-learn's `handle_unknown="ignore"`.
    Zeros,
    /// It counts as this category, which then always has a feature of its own. See [`constant`](Unknown::constant).
    #[cfg_attr(feature = "serde", serde(deserialize_with = "crate::settings::cell"))]
    Constant(String),
}

impl Unknown {
    /// It counts as this, as if this stood in the cell: `Unknown::constant("other")`. A network knows what to make of it if
    /// some of the rows to train with have it, for instance those in which the cell is missing, by
    /// [`Missing::constant`](super::Missing::constant) of the same.
    pub fn constant(cell: impl ToString) -> Unknown {
        Unknown::Constant(cell.to_string())
    }
}
