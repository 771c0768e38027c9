//! What a model looks like when it is printed.

use std::fmt::{self, Write as _};

use super::ports::{PortInfo, PortKind};
use super::{LayerRow, Network, Ports};
use crate::text::counted;

/// `Digits { 27,562 parameters }`: the numbers themselves would fill pages.
pub fn debug<N: Network>(_: &N, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{} {{ {} }}", N::NAME, counted(thousands(N::PARAMETERS), "parameters"))
}

/// Numbers of which the first are shown, on one line: all of them would fill pages.
pub struct Few<'a>(pub &'a dyn fmt::Debug);

/// As many letters of them are shown.
const SHOWN: usize = 60;

impl fmt::Debug for Few<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut start = Start(String::new());
        if write!(start, "{:?}", self.0).is_ok() {
            return f.write_str(&start.0);
        }
        let whole = start.0.rfind(", ").map_or(0, |comma| comma + 2);
        write!(f, "{}…", &start.0[..whole])
    }
}

/// The start of a text, whose end is an error: so it is not written.
struct Start(String);

impl fmt::Write for Start {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(text);
        if self.0.len() > SHOWN { Err(fmt::Error) } else { Ok(()) }
    }
}

/// The table of layers.
pub fn display<N: Network>(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "{}: {} -> {}", N::NAME, signature(N::Input::PORTS), signature(N::Output::PORTS))?;
    let mut rows = vec![["name", "layer", "output", "parameters", "FLOPs"].map(str::to_owned)];
    rows.extend(N::LAYERS.iter().map(cells));
    rows.push([
        "total".to_owned(),
        String::new(),
        String::new(),
        thousands(N::PARAMETERS),
        thousands(N::FLOPS),
    ]);
    let widths: [usize; 5] =
        std::array::from_fn(|c| rows.iter().map(|row| row[c].chars().count()).max().unwrap_or(0));
    let last = rows.len() - 1;
    for (i, [name, layer, output, parameters, flops]) in rows.iter().enumerate() {
        let [a, b, c, d, e] = widths;
        if i == 1 || i == last {
            writeln!(f, "{}", "-".repeat(a + b + c + d + e + 8))?;
        }
        write!(f, "{name:a$}  {layer:b$}  {output:c$}  {parameters:>d$}  {flops:>e$}")?;
        if i < last {
            writeln!(f)?;
        }
    }
    Ok(())
}

fn cells(row: &LayerRow) -> [String; 5] {
    // Rows of a repeat show all of its iterations, so that columns add up to the totals.
    let count = |n: usize| if n == 0 { String::new() } else { thousands(n * row.times) };
    let name = format!("{}{}", "  ".repeat(row.depth), row.name);
    [name, row.layer.to_owned(), shape(row.output), count(row.parameters), count(row.flops)]
}

/// `[4]`, or `(tokens: u32 [3], mask: [3])`.
fn signature(ports: &[PortInfo]) -> String {
    let one = |port: &PortInfo| match port.kind {
        PortKind::Real => shape(port.shape),
        PortKind::Index => format!("u32 {}", shape(port.shape)),
        PortKind::Opaque => "a value".to_owned(),
    };
    match ports {
        [port] if port.name.is_empty() => one(port),
        ports => {
            let named: Vec<_> = ports.iter().map(|port| format!("{}: {}", port.name, one(port))).collect();
            format!("({})", named.join(", "))
        }
    }
}

fn shape(shape: &[usize]) -> String {
    format!("{shape:?}")
}

/// `27562` as `27,562`.
pub(crate) fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
