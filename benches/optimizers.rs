//! Updates of a million parameters, timed: `optimizers [NAME [THREADS [SECONDS]]]` prints a JSON line per optimizer, with
//! its defaults and, where it knows one, with weight decay. `peers/torch_optimizers.py` does the same.
mod timing;

use plywood::ops::{Cpu, update};
use plywood::optimizer::{Optimizer, Visit, with};
use plywood::{random, zeroed};
use plywood_kernels::optim::OPTIMIZERS;
use std::hint::black_box;

const PARAMETERS: usize = 1_000_000;

struct Time<'a> {
    name: &'a str,
    cpu: &'a Cpu,
    seconds: f64,
    weight_decay: f64,
}

impl Visit for Time<'_> {
    type Out = plywood::Result<()>;
    fn visit<O: Optimizer>(self, mut optimizer: O) -> plywood::Result<()> {
        optimizer.set_learning_rate(1e-4);
        optimizer.set_weight_decay(self.weight_decay);
        let gradient = random::uniform::<f32>(PARAMETERS, -1.0..1.0, 1);
        let mut blocks = vec![random::uniform::<f32>(PARAMETERS, -1.0..1.0, 2)];
        blocks.resize_with(1 + optimizer.states().len(), || zeroed::<f32>(PARAMETERS));
        let mut states: Vec<&mut [f32]> = blocks.iter_mut().map(|block| &mut block[..]).collect();
        let mut t = 0;
        let times = timing::time(self.seconds, || {
            t += 1;
            optimizer.rule(t, &mut |rule| update(self.cpu, &mut states, black_box(&gradient), 1.0, rule));
            Ok(())
        })?;
        println!(
            "{{\"library\": \"plywood\", \"optimizer\": \"{}\", \"weight_decay\": {}, \"threads\": {}, \"median_us\": {:.3}, \
             \"min_us\": {:.3}, \"max_us\": {:.3}, \"runs\": {}, \"peak_rss_mib\": {:.2}}}",
            self.name,
            self.weight_decay,
            self.cpu.threads(),
            times.median,
            times.min,
            times.max,
            times.runs,
            timing::peak_rss_mib(),
        );
        Ok(())
    }
}

fn main() -> plywood::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.next().filter(|name| name != "all");
    let threads = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(1);
    let seconds = arguments.next().and_then(|s| s.parse().ok()).unwrap_or(1.0);
    let cpu = Cpu::new(threads);
    let rows: Vec<_> =
        OPTIMIZERS.iter().filter(|row| wanted.as_ref().is_none_or(|w| w == row.name)).collect();
    if rows.is_empty() {
        let names: Vec<&str> = OPTIMIZERS.iter().map(|row| row.name).collect();
        eprintln!("no such optimizer; there are {}", names.join(", "));
        std::process::exit(2);
    }
    for row in rows {
        for weight_decay in [0.0, 0.01] {
            let time = Time { name: row.name, cpu: &cpu, seconds, weight_decay };
            with(row.name, time).expect("every row has a type")?;
        }
    }
    Ok(())
}
