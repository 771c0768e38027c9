//! How the cells of a file are written, where it is not as Rust writes them.

use std::borrow::Cow;

use super::fields::short;
use crate::error::{Error, Result};

/// What numbers and letters look like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    pub decimal: u8,
    pub thousands: Option<u8>,
    pub latin1: bool,
}

impl Format {
    /// As Rust writes them.
    pub const PLAIN: Format = Format { decimal: b'.', thousands: None, latin1: false };

    /// An error if numbers could not be told apart.
    pub fn check(&self) -> Result<()> {
        let Format { decimal, thousands, .. } = *self;
        let may = |sign: u8| (sign.is_ascii_punctuation() || sign == b' ') && !b"+-\"".contains(&sign);
        let refuse = |name, expected, sign| {
            Err(Error::Setting { name, expected, found: format!("{:?}", char::from(sign)) })
        };
        match thousands {
            _ if !may(decimal) || decimal == b' ' => refuse("decimal", "`b','`, or another sign", decimal),
            Some(sign) if !may(sign) => refuse("thousands", "`b'.'`, a space, or another sign", sign),
            Some(sign) if sign == decimal => refuse("thousands", "another sign than `decimal`", sign),
            _ => Ok(()),
        }
    }

    /// The text of some bytes, `None` if they are none.
    pub fn text<'a>(&self, bytes: &'a [u8]) -> Option<Cow<'a, str>> {
        match str::from_utf8(bytes) {
            Ok(text) if !self.latin1 || bytes.is_ascii() => Some(Cow::Borrowed(text)),
            // the numbers of its letters are those of Unicode's first 256
            _ if self.latin1 => Some(Cow::Owned(bytes.iter().copied().map(char::from).collect())),
            _ => None,
        }
    }

    /// A cell with its number as Rust writes it, and what is no number as it is; or what is wrong with a number.
    pub fn plain<'a>(&self, cell: &'a str) -> Result<Cow<'a, str>, String> {
        if self.decimal == b'.' && self.thousands.is_none() {
            return Ok(Cow::Borrowed(cell));
        }
        let decimal = char::from(self.decimal);
        if let Some(number) = self.number(cell) {
            return Ok(Cow::Owned(number));
        }
        // 1.500 is not to become one and a half where the point is between thousands, or where nobody said what it is
        if decimal != '.' && cell.contains('.') && cell.parse::<f64>().is_ok() {
            let help = match self.thousands {
                Some(b'.') => format!(
                    "between thousands a point has three digits after it, and before it one to three of which the first is \
                     not 0; if it is the decimal sign, leave out `.decimal(b'{decimal}')` and `.thousands(b'.')`"
                ),
                _ => "if the point is between thousands, call `.thousands(b'.')`".to_owned(),
            };
            return Err(format!(
                "`{}` has a point, but the decimal sign is `{decimal}`\nhelp: {help}",
                short(cell)
            ));
        }
        Ok(Cow::Borrowed(cell))
    }

    /// The number that a cell is in this format.
    fn number(&self, cell: &str) -> Option<String> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let unsigned = cell.strip_prefix(['+', '-']).unwrap_or(cell);
        let sign = if cell.starts_with('-') { "-" } else { "" };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        if exponent.is_some_and(|e| {
            let e = e.strip_prefix(['+', '-']).unwrap_or(e);
            e.is_empty() || !digits(e)
        }) {
            return None;
        }
        let (whole, fraction) = mantissa.split_once(char::from(self.decimal)).unwrap_or((mantissa, ""));
        let separates = |c: char| match self.thousands {
            // in typeset numbers a space that does not break a line
            Some(b' ') => matches!(c, ' ' | '\u{a0}' | '\u{202f}'),
            Some(sign) => c == char::from(sign),
            None => false,
        };
        let mut groups = whole.split(separates);
        let first = groups.next()?;
        let rest: Vec<&str> = groups.collect();
        // no thousands begin with 0: `0.500` is a half, whatever was said of points
        let leads = (1..=3).contains(&first.len()) && !first.starts_with('0');
        let grouped = rest.is_empty() || leads && rest.iter().all(|group| group.len() == 3);
        let whole = [&[first], &rest[..]].concat().concat();
        if !grouped || !digits(&whole) || !digits(fraction) || whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let exponent = exponent.map(|e| format!("e{e}")).unwrap_or_default();
        let point = if fraction.is_empty() { "" } else { "." };
        let whole = if whole.is_empty() { "0" } else { &whole };
        Some(format!("{sign}{whole}{point}{fraction}{exponent}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_format_and_texts_stay() {
        let comma = Format { decimal: b',', ..Format::PLAIN };
        let german = Format { thousands: Some(b'.'), ..comma };
        let french = Format { thousands: Some(b' '), ..comma };
        let english = Format { thousands: Some(b','), ..Format::PLAIN };
        for (format, cell, expected) in [
            (comma, "1,5", "1.5"),
            (comma, "-,5", "-0.5"),
            (comma, "+3", "3"),
            (comma, "1,5e-3", "1.5e-3"),
            (comma, "1,5,2", "1,5,2"),
            (comma, "ab,c", "ab,c"),
            (comma, "1.2.2024", "1.2.2024"),
            (comma, "e5", "e5"),
            (comma, "-", "-"),
            (german, "1.234.567,25", "1234567.25"),
            (german, "-12.000", "-12000"),
            (german, "12.00.000", "12.00.000"),
            (german, "1.2.2024", "1.2.2024"),
            (french, "1 234,5", "1234.5"),
            (french, "1\u{202f}234\u{a0}567", "1234567"),
            (english, "1,234.5", "1234.5"),
            (english, "12,34", "12,34"),
            (english, "1234,567", "1234,567"),
            (english, "0.25", "0.25"),
            (english, "0,125", "0,125"),
            (english, "-0,750", "-0,750"),
            (english, ",500", ",500"),
            (english, "000,500", "000,500"),
            (english, "007", "007"),
            (german, "0.500.000", "0.500.000"),
            (german, "100.500", "100500"),
            (german, "0,500", "0.500"),
            (Format::PLAIN, "1,5", "1,5"),
        ] {
            assert_eq!(format.plain(cell).as_deref(), Ok(expected), "{cell}");
        }
        let problem = comma.plain("1.5").unwrap_err();
        assert!(problem.contains("`1.5` has a point, but the decimal sign is `,`"), "{problem}");
        assert!(problem.ends_with("if the point is between thousands, call `.thousands(b'.')`"), "{problem}");
        for cell in ["1.5", "0.500", "-0.750", "000.500", ".500", "0.500e3"] {
            let problem = german.plain(cell).unwrap_err();
            assert!(problem.starts_with(&format!("`{cell}` has a point, but the decimal sign is `,`")));
            let help = "if it is the decimal sign, leave out `.decimal(b',')` and `.thousands(b'.')`";
            assert!(problem.ends_with(help), "{problem}");
        }
    }

    #[test]
    fn signs_must_tell_numbers_apart() {
        for (decimal, thousands) in
            [(b'1', None), (b'-', None), (b' ', None), (b'.', Some(b'.')), (b',', Some(b'x'))]
        {
            assert!(Format { decimal, thousands, latin1: false }.check().is_err());
        }
        assert!(Format { decimal: b',', thousands: Some(b' '), latin1: true }.check().is_ok());
    }
}
