//! Samples and parameters seen as arrays of `ndarray`, and the other way round.
use ndarray::{Array1, Array2, Array3, Axis, Ix2, array};
use plywood::prelude::*;

network! { struct Net: [3, 2] -> [4] { Flatten, fc: Linear(4) } }

#[test]
fn samples_are_arrays_without_a_copy() {
    let mut batch = random::uniform::<[[f32; 2]; 3]>(5, -1.0..1.0, 7);
    let at = batch.as_ptr().cast::<f32>();
    let view = Sample::array_view(&batch);
    assert_eq!((view.shape(), view.as_ptr()), ([5, 3, 2].as_slice(), at));
    for (i, sample) in batch.iter().enumerate() {
        assert_eq!(view[[i, 2, 1]], sample[2][1]);
    }
    Sample::array_view_mut(&mut batch)[[4, 1, 0]] = 9.0;
    assert_eq!(batch[4][1][0], 9.0);
    assert_eq!(Sample::array_view(&[1.0f32, 2.0]).shape(), [2]);
    assert_eq!(<[f32; 3]>::array_view(&[]).shape(), [0, 3]);
}

#[test]
fn arrays_are_samples_without_a_copy() {
    let array = Array3::from_shape_fn((5, 3, 2), |(i, j, k)| (i * 100 + j * 10 + k) as f32);
    let samples = <[[f32; 2]; 3]>::from_array_view(array.view()).expect("the right shape");
    assert_eq!((samples.len(), samples[4][2][1]), (5, 421.0));
    assert_eq!(samples.as_ptr().cast(), array.as_ptr());
    assert_eq!(f32::from_array_view(Array1::<f32>::ones(3).view()).expect("the right shape"), [1.0; 3]);
    let rows = array.slice(ndarray::s![1..3, .., ..]);
    assert_eq!(<[[f32; 2]; 3]>::from_array_view(rows).expect("a part in order")[0][0][1], 101.0);
    let net = Net::init(1);
    assert_eq!(net.predict(samples).len(), 5);
}

#[test]
fn arrays_of_another_shape_or_order_say_what_to_do() {
    let array: Array2<f32> = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let text = <[f32; 2]>::from_array_view(array.view()).expect_err("three numbers").to_string();
    assert!(text.contains("expected an array of shape [n, 2], for `[f32; 2]`, found [2, 3]"), "{text}");
    assert!(text.contains("help: `array.to_shape((n, 2))`"), "{text}");
    let text = <[f32; 2]>::from_array_view(array.t()).expect_err("columns first").to_string();
    assert!(text.contains("standard layout") && text.contains("strides [1, 3] for shape [3, 2]"), "{text}");
    assert!(text.contains("help: `array.as_standard_layout()`"), "{text}");
    let copied = array.t();
    let copied = copied.as_standard_layout();
    assert_eq!(<[f32; 2]>::from_array_view(copied.view()).expect("in order")[2], [3.0, 6.0]);
    assert!(<[f32; 2]>::from_array_view(ndarray::arr0(1.0f32).view()).is_err());
}

#[test]
fn parameters_are_arrays() {
    let mut net = Net::init(3);
    let sums: Vec<f32> = net.parameters().fc.weight.iter().map(|row| row.iter().sum()).collect();
    let weight = net.named_parameters().next().expect("a parameter").array_view();
    let weight = weight.into_dimensionality::<Ix2>().expect("two axes");
    assert_eq!(weight.dim(), (4, 6));
    for (sum, expected) in weight.sum_axis(Axis(1)).iter().zip(&sums) {
        assert!((sum - expected).abs() < 1e-6);
    }
    for mut parameter in net.named_parameters_mut() {
        parameter.array_view_mut().fill(0.5);
    }
    assert!(net.block().iter().all(|x| *x == 0.5));
}
