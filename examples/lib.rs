//! Examples of Plywood: each file beside this one is a program. Here is what several of them use.
use plywood::metric::Metric;

/// The value of a metric for numbers that no network gave as they are, such as predictions that were scaled back.
pub fn measure<C: Metric<[f32; 1], [f32; 1]>>(
    metric: &C,
    outputs: &[[f32; 1]],
    targets: &[[f32; 1]],
) -> plywood::Result<C::Value> {
    let mut total = C::Total::default();
    metric.add(&mut total, outputs, targets)?;
    Ok(metric.result(total))
}
