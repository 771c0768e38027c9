//! What generated constants are computed and checked with, when the program is compiled.

pub use plywood_kernels::relation::Relation;

/// The largest of some sizes.
pub const fn max(sizes: &[usize]) -> usize {
    let (mut largest, mut i) = (0, 0);
    while i < sizes.len() {
        if sizes[i] > largest {
            largest = sizes[i];
        }
        i += 1;
    }
    largest
}

/// Stops the build unless `left` and `right` relate so: ``expected `fc2` to receive`` `left` ` features, found `
/// `right` `` from `fc1` ``.
pub const fn require(
    relation: Relation,
    left: usize,
    right: usize,
    subject: &str,
    found: &str,
    origin: &str,
) {
    if !relation.holds(left, right) {
        let text = Text::new()
            .text(subject)
            .text(relation.words())
            .number(left)
            .text(found)
            .number(right)
            .text(origin);
        panic!("{}", text.as_str());
    }
}

/// A `usize`: what a constant that stands for a size is.
#[diagnostic::on_unimplemented(
    message = "a size is a `usize`, found a constant of type `{Self}`",
    label = "this is a `{Self}`: declare it as a `usize`"
)]
pub trait SizeConstant {
    /// Itself.
    type Is;
}
// the message says that already
#[diagnostic::do_not_recommend]
impl SizeConstant for usize {
    type Is = usize;
}

/// Stops the build unless a constant in arithmetic is a number of `f32`.
pub const fn require_number(name: &str, value: f64) {
    let size = value.abs();
    if value != 0.0 && !(size >= f32::MIN_POSITIVE as f64 && size <= f32::MAX as f64) {
        let text = Text::new().text("`").text(name).text("` is no number that an `f32` can be");
        panic!("{}", text.text("\nhelp: choose another").as_str());
    }
}

/// Stops the build if a value is divided by 0.
pub const fn require_divisor(text: &str, value: f64) {
    if value == 0.0 {
        let text = Text::new().text("`").text(text).text("` is 0, and a value is divided by it");
        panic!("{}", text.text("\nhelp: divide by another number").as_str());
    }
}

/// The value of a constant of the user's. It is given twice, so that one of another type is one message, which is about
/// its type: as what is looked at, and as the `usize` that it must be.
pub const fn value<T: SizeConstant<Is = usize>>(_: &T, value: T::Is) -> usize {
    value
}

/// Stops the build if the value of a constant is more than `most`.
pub const fn require_size(name: &str, value: usize, most: usize) {
    if value > most {
        let text =
            Text::new().text("`").text(name).text("` is larger than a size here can be: expected at most ");
        let text = text.number(most).text(", found ").number(value);
        panic!("{}", text.text("\nhelp: make it smaller").as_str());
    }
}

/// A value that [`require_size`] looked at: one that is too large is small, so that nothing else overflows.
pub const fn size(value: usize, most: usize) -> usize {
    if value > most { 1 } else { value }
}

/// Where each of several begins that follow each other: the first number, and after it the sum up to each of the others.
pub const fn offsets<const N: usize>(mut lengths: [usize; N]) -> [usize; N] {
    let mut i = 1;
    while i < N {
        lengths[i] += lengths[i - 1];
        i += 1;
    }
    lengths
}

/// Stops the build if a training step needs more memory than was declared.
pub const fn require_budget(bytes: usize, budget: usize, batch: usize) {
    if bytes > budget {
        let text = Text::new().text("a training step at batch ").number(batch).text(" needs ").number(bytes);
        let text = text.text(" bytes, the budget is ").number(budget);
        let text = text.text("\nhelp: train with smaller batches, or raise `max_bytes`");
        panic!("{}", text.as_str());
    }
}

/// A message put together while the program is compiled, where nothing can be formatted. What does not fit is cut.
struct Text {
    bytes: [u8; 512],
    len: usize,
}

impl Text {
    const fn new() -> Text {
        Text { bytes: [0; 512], len: 0 }
    }
    const fn text(mut self, text: &str) -> Text {
        let (text, mut i) = (text.as_bytes(), 0);
        while i < text.len() && self.len < self.bytes.len() {
            self.bytes[self.len] = text[i];
            self.len += 1;
            i += 1;
        }
        self
    }
    const fn number(self, mut number: usize) -> Text {
        let mut digits = [0; 20];
        let mut first = digits.len();
        loop {
            first -= 1;
            digits[first] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        match std::str::from_utf8(digits.split_at(first).1) {
            Ok(text) => self.text(text),
            Err(_) => self,
        }
    }
    const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            // only a cut in the middle of a letter gets here
            Err(_) => "sizes do not agree",
        }
    }
}

/// The limit of an input whose indices have none.
pub const NO_LIMIT: usize = usize::MAX;

/// The least of some sizes.
pub const fn least(sizes: &[usize]) -> usize {
    let (mut least, mut i) = (NO_LIMIT, 0);
    while i < sizes.len() {
        if sizes[i] < least {
            least = sizes[i];
        }
        i += 1;
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_of_none_is_nothing() {
        assert_eq!((max(&[]), max(&[3, 9, 4])), (0, 9));
    }

    #[test]
    fn each_begins_where_the_one_before_it_ends() {
        assert_eq!(offsets([7, 3, 0, 5]), [7, 10, 10, 15]);
    }

    #[test]
    fn what_holds_says_nothing_and_what_does_not_says_both_numbers() {
        require(Relation::Divides, 3, 12, "", "", "");
        let wrong = std::panic::catch_unwind(|| {
            require(
                Relation::Equal,
                128,
                120,
                "expected `fc2` to receive ",
                " features, found ",
                " from `fc1`",
            );
        });
        let message = wrong.expect_err("128 is not 120").downcast::<String>().expect("a message");
        assert_eq!(*message, "expected `fc2` to receive 128 features, found 120 from `fc1`");
    }
}
