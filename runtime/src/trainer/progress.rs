//! How far an epoch is, for people who wait for it. All of it goes to the standard error stream.

use std::time::{Duration, Instant};

/// Shows progress through some epochs, or nothing.
pub(crate) struct Progress {
    form: Form,
    #[cfg(feature = "progress")]
    first: u32,
    epoch: u32,
    samples: usize,
    last: Instant,
}

enum Form {
    Nothing,
    /// Where there is no terminal: for those epochs that take long.
    Lines,
    #[cfg(feature = "progress")]
    Bar(indicatif::ProgressBar),
}

impl Form {
    /// Time between two signs.
    fn pause(&self) -> Duration {
        match self {
            Form::Nothing => Duration::MAX,
            Form::Lines => Duration::from_secs(10),
            #[cfg(feature = "progress")]
            Form::Bar(_) => Duration::from_millis(50),
        }
    }
}

impl Progress {
    /// Through `epochs` epochs from number `first` on, of `samples` samples each.
    pub fn new(show: bool, first: u32, epochs: u32, samples: usize) -> Progress {
        let form = if show { form(samples * epochs as usize) } else { Form::Nothing };
        Progress {
            form,
            #[cfg(feature = "progress")]
            first,
            epoch: first,
            samples,
            last: Instant::now(),
        }
    }

    /// Epoch number `epoch` begins.
    pub fn begin(&mut self, epoch: u32) {
        self.epoch = epoch;
        #[cfg(feature = "progress")]
        if let Form::Bar(bar) = &self.form {
            bar.set_prefix(format!("epoch {epoch}"));
        }
    }

    /// `done` samples were learned from, with this loss in words.
    pub fn show(&mut self, done: usize, loss: impl FnOnce() -> String) {
        if matches!(self.form, Form::Nothing) || self.last.elapsed() < self.form.pause() {
            return;
        }
        self.last = Instant::now();
        match &self.form {
            Form::Nothing => {}
            Form::Lines => {
                eprintln!("epoch {}: {done} of {} samples, loss {}", self.epoch, self.samples, loss())
            }
            #[cfg(feature = "progress")]
            Form::Bar(bar) => {
                let before = (self.epoch - self.first) as usize * self.samples;
                bar.set_position((before + done) as u64);
                bar.set_message(format!("loss {}", loss()));
            }
        }
    }

    /// What `f` returns, which may print: the bar is away meanwhile.
    pub fn aside<R>(&self, f: impl FnOnce() -> R) -> R {
        match &self.form {
            #[cfg(feature = "progress")]
            Form::Bar(bar) => bar.suspend(f),
            _ => f(),
        }
    }

    /// Takes the bar away.
    pub fn end(self) {
        #[cfg(feature = "progress")]
        if let Form::Bar(bar) = self.form {
            bar.finish_and_clear();
        }
    }
}

#[cfg(not(feature = "progress"))]
fn form(_: usize) -> Form {
    Form::Lines
}

#[cfg(feature = "progress")]
fn form(samples: usize) -> Form {
    use std::io::IsTerminal;
    if std::io::stderr().is_terminal() { Form::Bar(bar(samples)) } else { Form::Lines }
}

#[cfg(feature = "progress")]
fn bar(samples: usize) -> indicatif::ProgressBar {
    let style = indicatif::ProgressStyle::with_template(
        "{prefix} {bar:30} {human_pos}/{human_len} samples, {eta} left, {msg}",
    );
    let bar = indicatif::ProgressBar::new(samples as u64);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
