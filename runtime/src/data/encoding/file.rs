//! Encodings in files: text, so that people can read what a network was given.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::Path;

use super::{Encoding, Gap, Input, Kind, Novel, Place, Target};
use crate::checkpoint::atomic_write;
use crate::data::categories::Categories;
use crate::data::fields::{number, short};
use crate::data::rows::{Lines, Rows};
use crate::error::{Error, Result};
use crate::file_kind;
use crate::text::quoted;

/// The first cell of the file.
const FIRST: &str = "plywood encoding";

/// The version of what follows, the last of those that are read. Those of version 2 have no row that begins with `unknown`,
/// which is all that 3 added; 4 added those that begin with `boolean`.
const VERSIONS: [&str; 3] = ["2", "3", "4"];

/// Writes an encoding: a row for each column, below it one for each category; at the end one with the number of those
/// before it, without which a part of a file would be another encoding.
pub(super) fn save(encoding: &Encoding, path: &Path) -> Result<()> {
    let (mut text, mut rows) = (String::new(), 0);
    let mut row = |cells: &[&str]| {
        rows += 1;
        for (i, cell) in cells.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            // into text, which never fails
            let _ = write!(text, "{comma}{}", quoted(cell));
        }
        text.push('\n');
    };
    row(&[FIRST, VERSIONS[2], if encoding.named { "names" } else { "positions" }]);
    for Input { place: Place { name, position }, kind, gap } in &encoding.inputs {
        let (word, categories) = match kind {
            Kind::Number => ("number", &[][..]),
            Kind::Boolean => ("boolean", &[][..]),
            Kind::OneHot(categories, _) => ("one-hot", categories.names()),
        };
        let position = position.to_string();
        match (gap, kind) {
            (Gap::Refuse, _) => row(&[word, name, &position, "refuse"]),
            (Gap::Drop, _) => row(&[word, name, &position, "drop"]),
            (Gap::Fill(number), Kind::Boolean) => {
                row(&[word, name, &position, "fill", &(*number == 1.0).to_string()])
            }
            (Gap::Fill(number), Kind::Number) => row(&[word, name, &position, "fill", &number.to_string()]),
            (Gap::Fill(i), Kind::OneHot(of, _)) => {
                row(&[word, name, &position, "fill", &of.names()[*i as usize]])
            }
        }
        match kind {
            Kind::Number | Kind::Boolean | Kind::OneHot(_, Novel::Refuse) => {}
            Kind::OneHot(_, Novel::Zeros) => row(&["unknown", "zeros"]),
            Kind::OneHot(of, Novel::Is(i)) => row(&["unknown", "is", &of.names()[*i]]),
        }
        categories.iter().for_each(|category| row(&["category", category]));
    }
    for Target { place: Place { name, position }, drop } in &encoding.targets {
        row(&["target", name, &position.to_string(), if *drop { "drop" } else { "refuse" }]);
    }
    if let Some(classes) = &encoding.classes {
        row(&["classes"]);
        classes.names().iter().for_each(|class| row(&["class", class]));
    }
    let _ = writeln!(text, "\"end\",\"{rows}\"");
    atomic_write(path, |file| file.write_all(text.as_bytes()))
}

/// A column as it is read, before its categories are complete.
struct Reading {
    place: Place,
    /// The word that its row begins with.
    kind: String,
    gap: String,
    fill: String,
    categories: Vec<String>,
    /// Zeros for `None`, or a category.
    unknown: Option<Option<String>>,
}

pub(super) fn load(path: &Path) -> Result<Encoding> {
    let file = File::open(path).map_err(|error| Error::io("reading", path, error))?;
    let other = file_kind::of(path).filter(|(_, reads)| *reads != file_kind::ENCODING);
    if other.is_some() {
        let problem = file_kind::explain(path, "this is not an encoding".to_owned());
        return Err(Error::Data { path: path.to_owned(), line: None, column: None, problem });
    }
    let mut rows = Rows::new(path, BufReader::new(file), Lines::default())?;
    let refuse = |line, problem: &str| {
        let problem = format!("{problem}\nhelp: an encoding is written by `Encoding::save`");
        Error::Data { path: path.to_owned(), line, column: None, problem }
    };
    let (mut named, mut count, mut ended) = (true, 0usize, false);
    let mut version = String::new();
    let (mut inputs, mut targets) = (Vec::<Reading>::new(), vec![]);
    let mut classes: Option<Vec<String>> = None;
    while let Some(row) = rows.next()? {
        let cells: Option<Vec<&str>> = (0..row.len()).map(|i| str::from_utf8(row.cell(i)).ok()).collect();
        let cells = cells.ok_or_else(|| refuse(Some(row.line), "this is not text in UTF-8"))?;
        let position =
            || cells[2].parse::<usize>().map_err(|_| refuse(Some(row.line), "its position is no number"));
        let place = || Ok(Place { name: cells[1].to_owned(), position: position()? });
        match cells[..] {
            [FIRST, of, how @ ("names" | "positions")] if count == 0 && VERSIONS.contains(&of) => {
                (named, version) = (how == "names", of.to_owned());
            }
            [FIRST, of, ..] if count == 0 && !VERSIONS.contains(&of) => {
                let problem = format!("this is an encoding of version `{}`, here 2 to 4 are read", short(of));
                return Err(refuse(Some(row.line), &problem));
            }
            _ if count == 0 => return Err(refuse(Some(row.line), "this is not an encoding")),
            _ if ended => return Err(refuse(Some(row.line), "something follows its end")),
            ["end", rows] => {
                if rows.parse() != Ok(count) {
                    return Err(refuse(Some(row.line), "rows before it are not there, or too many"));
                }
                ended = true;
            }
            [kind @ ("number" | "boolean" | "one-hot"), _, _, gap, ref fill @ ..]
                if fill.len() < 2 && (kind != "boolean" || version == VERSIONS[2]) =>
            {
                let (kind, gap, fill) = (kind.to_owned(), gap.to_owned(), fill.concat());
                inputs.push(Reading { place: place()?, kind, gap, fill, categories: vec![], unknown: None });
            }
            ["unknown", "zeros"] | ["unknown", "is", _]
                if version != VERSIONS[0]
                    && inputs.last().is_some_and(|input| {
                        input.kind == "one-hot" && input.unknown.is_none() && input.categories.is_empty()
                    }) =>
            {
                let unknown = cells.get(2).map(|name| (*name).to_owned());
                inputs
                    .iter_mut()
                    .next_back()
                    .into_iter()
                    .for_each(|input| input.unknown = Some(unknown.clone()));
            }
            ["category", name] if inputs.last().is_some_and(|input| input.kind == "one-hot") => {
                inputs
                    .iter_mut()
                    .next_back()
                    .into_iter()
                    .for_each(|input| input.categories.push(name.to_owned()));
            }
            ["target", _, _, gap @ ("drop" | "refuse")] => {
                targets.push(Target { place: place()?, drop: gap == "drop" });
            }
            ["classes"] if classes.is_none() => classes = Some(vec![]),
            ["class", name] if classes.is_some() => {
                classes.iter_mut().for_each(|all| all.push(name.to_owned()))
            }
            _ => {
                let problem = format!("found `{}`, which means nothing here", short(&cells.join(",")));
                return Err(refuse(Some(row.line), &problem));
            }
        }
        count += 1;
    }
    if !ended {
        return Err(refuse(
            None,
            if count == 0 { "there is nothing in it" } else { "its end is not there: it was cut off" },
        ));
    }
    let inputs = inputs.into_iter().map(|input| {
        let name = short(&input.place.name);
        as_saved(&input.categories)
            .map_err(|found| refuse(None, &renamed(&format!("categories of column `{name}`"), found)))?;
        finished(input)
            .ok_or_else(|| refuse(None, &format!("what fills column `{name}` is not one of its values")))
    });
    let inputs: Vec<Input> = inputs.collect::<Result<_>>()?;
    if inputs.is_empty() {
        return Err(refuse(None, "there is no column in it"));
    }
    let classes = match classes {
        Some(classes) => Some(as_saved(&classes).map_err(|found| refuse(None, &renamed("classes", found)))?),
        None => None,
    };
    Ok(Encoding::of_parts(named, inputs, targets, classes))
}

/// Categories, if they are as they were saved: in order, each once. The first that is not, otherwise.
fn as_saved(found: &[String]) -> std::result::Result<Categories, &str> {
    let categories = Categories::of(found.iter().map(String::as_str));
    let mut names = categories.names().iter();
    match found.iter().find(|name| names.next() != Some(name)) {
        None => Ok(categories),
        Some(name) => Err(name),
    }
}

/// That a name in a list of `what` is not where it was saved.
fn renamed(what: &str, name: &str) -> String {
    format!(
        "the {what} are not as they were saved, in order and each once: `{}` is out of its place\nhelp: a network knows \
         them by their places: give them other names where they are shown, not in this file",
        short(name)
    )
}

/// A column with its categories, if what fills it, or stands for those that are unknown, is among them.
fn finished(reading: Reading) -> Option<Input> {
    let Reading { place, kind, gap, fill, categories, unknown } = reading;
    let kind = if kind == "one-hot" {
        let categories = Categories::of(categories.iter().map(String::as_str));
        let novel = match unknown {
            None => Novel::Refuse,
            Some(None) => Novel::Zeros,
            Some(Some(name)) => Novel::Is(categories.find(&name)?),
        };
        Kind::OneHot(categories, novel)
    } else if kind == "boolean" {
        Kind::Boolean
    } else {
        Kind::Number
    };
    let gap = match (gap.as_str(), &kind) {
        ("refuse", _) => Gap::Refuse,
        ("drop", _) => Gap::Drop,
        // a finite number as cells have it
        ("fill", Kind::Number) => number(&fill).ok().and_then(|_| fill.parse().ok()).map(Gap::Fill)?,
        ("fill", Kind::Boolean) => Gap::Fill(f64::from(fill.parse::<bool>().ok()?)),
        ("fill", Kind::OneHot(categories, _)) => Gap::Fill(categories.find(&fill)? as f64),
        _ => return None,
    };
    Some(Input { place, kind, gap })
}
