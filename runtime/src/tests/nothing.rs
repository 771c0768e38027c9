//! Batches without a sample, and samples without a number.

use crate::book::losses::*;
use crate::loss::{Cpu, CrossEntropy, Loss, Nll, ProbabilityCrossEntropy, SoftCrossEntropy};
use crate::metric::*;
use crate::{Element, Error, Result, Sample};

/// An empty batch amid others changes nothing; alone it is refused.
fn adds_nothing<O: Sample, T: Element, C: Metric<O, T, Value = f64>>(metric: C, output: &[O], targets: &[T]) {
    let whole = metric.measure(output, targets).unwrap();
    let mut total = C::Total::default();
    metric.add(&mut total, &[], &[]).unwrap();
    metric.add(&mut total, &output[..1], &targets[..1]).unwrap();
    metric.add(&mut total, &[], &[]).unwrap();
    metric.add(&mut total, &output[1..], &targets[1..]).unwrap();
    metric.add(&mut total, &[], &[]).unwrap();
    let found = metric.result(total);
    assert!((found - whole).abs() < 1e-12, "{found}, not {whole}");
    assert!(matches!(metric.measure(&[], &[]), Err(Error::Empty { .. })));
}

#[test]
fn a_batch_without_a_sample_counts_nothing() {
    let (scores, classes) = ([[0.2, 0.5], [0.7, 0.1], [0.9, 0.8]], [1, 0, 1]);
    adds_nothing(Accuracy, &scores, &classes);
    adds_nothing(TopK(1), &scores, &classes);
    adds_nothing(F1::macro_average(), &scores, &classes);
    adds_nothing(Precision::of_class(1), &scores, &classes);
    adds_nothing(CrossEntropy, &scores, &classes);
    adds_nothing(CrossEntropy.class_weights([1.0, 2.0]), &scores, &classes);
    adds_nothing(CrossEntropy.label_smoothing(0.1).sum(), &scores, &classes);
    adds_nothing(ProbabilityCrossEntropy::mean(), &scores, &classes);
    let logs = scores.map(|row| row.map(f32::ln));
    adds_nothing(Nll::sum(), &logs, &classes);
    let targets = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
    adds_nothing(SoftCrossEntropy::mean(), &scores, &targets);
    adds_nothing(Bce::mean(), &scores, &targets);
    adds_nothing(BinaryAccuracy, &scores, &targets);
    adds_nothing(Mse::mean(), &scores, &targets);
    adds_nothing(Mae::batch_mean(), &scores, &targets);
    adds_nothing(Huber::sum(), &scores, &targets);
    adds_nothing(Rmse, &scores, &targets);
    adds_nothing(R2, &scores, &targets);
    adds_nothing(R2, &[0.2, 0.5, 0.6], &[0.0, 1.0, 1.0]);
    let mut total = Default::default();
    for (scores, classes) in
        [(&scores[..0], &classes[..0]), (&scores, &classes), (&scores[..0], &classes[..0])]
    {
        Metric::<[f32; 2], u32>::add(&Confusion, &mut total, scores, classes).unwrap();
    }
    assert_eq!(
        Metric::<[f32; 2], u32>::result(&Confusion, total),
        Confusion.measure(&scores, &classes).unwrap()
    );
}

/// A loss of nothing is no number.
fn refuses_nothing<O: Sample, T: Element, L: Loss<O, Target = T>>(loss: L) {
    let empty = |result: Result<f64>| assert!(matches!(result, Err(Error::Empty { .. })), "{result:?}");
    empty(loss.value(&[], &[]));
    empty(loss.gradient(&Cpu::new(1), &mut [], &[], &[], 1.0));
}

#[test]
fn a_loss_of_nothing_is_refused() {
    refuses_nothing::<[f32; 2], _, _>(CrossEntropy);
    refuses_nothing::<[f32; 2], _, _>(CrossEntropy.class_weights([1.0, 2.0]));
    refuses_nothing::<[f32; 2], _, _>(SoftCrossEntropy::mean());
    refuses_nothing::<[f32; 2], _, _>(Nll::mean());
    refuses_nothing::<[f32; 2], _, _>(ProbabilityCrossEntropy::sum());
    refuses_nothing::<[f32; 2], _, _>(Mse::mean());
    refuses_nothing::<f32, _, _>(BceWithLogits::sum());
    refuses_nothing::<[f32; 0], _, _>(CrossEntropy);
    refuses_nothing::<[f32; 0], _, _>(Nll::mean());
    refuses_nothing::<[f32; 0], _, _>(Mae::mean());
}

#[test]
fn samples_without_a_number_are_refused() {
    type None = [f32; 0];
    let (output, classes) = ([[0f32; 0]; 2], [0, 0]);
    fn empty<T: std::fmt::Debug>(result: Result<T>) {
        assert!(matches!(&result, Err(Error::Empty { .. })), "{result:?}");
    }
    fn refused<T: std::fmt::Debug>(result: Result<T>) {
        let told = matches!(&result, Err(Error::Target { sample: 0, .. } | Error::Setting { .. }));
        assert!(told, "{result:?}");
    }
    empty(R2.measure(&output, &output));
    empty(Rmse.measure(&output, &output));
    empty(BinaryAccuracy.measure(&output, &output));
    empty(Metric::<None, None>::measure(&Mse::mean(), &output, &output));
    empty(Metric::<None, None>::measure(&Bce::sum(), &output, &output));
    empty(Metric::<None, None>::measure(&SoftCrossEntropy::mean(), &output, &output));
    empty(Mse::mean().gradient(&Cpu::new(1), &mut [[0f32; 0]; 2], &output, &output, 1.0));
    refused(Accuracy.measure(&output, &classes));
    refused(TopK(1).measure(&output, &classes));
    refused(F1::macro_average().measure(&output, &classes));
    refused(Confusion.measure(&output, &classes));
    refused(Metric::<None, u32>::measure(&CrossEntropy, &output, &classes));
    refused(Metric::<None, u32>::measure(&Nll::mean(), &output, &classes));
}
