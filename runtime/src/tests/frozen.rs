//! Frozen layers in a trainer's habits: groups, checkpoints.

use crate::prelude::*;
use crate::tests::bits;
use crate::{Result, TrainerBuilder};

network! {
    struct Head: [4] -> [2] {
        #[frozen]
        body: Linear(6),
        Tanh,
        blocks: repeat 2 { fc: Linear(6), #[frozen] mix: Linear(6, bias: false), Tanh },
        out: Linear(2),
    }
}

type Builder = TrainerBuilder<Head, Mse, Adam>;

fn builder() -> Builder {
    Trainer::new(Head::init(7), Mse::mean(), Adam::new(0.01)).batch(8).quiet()
}

fn steps(builder: Builder, resume: bool) -> Result<Head> {
    let (xs, ys) = (random::normal::<[f32; 4]>(8, 1), random::normal::<[f32; 2]>(8, 2));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.safetensors");
    let mut trainer = builder.on(Device::Cpu)?;
    for step in 0..6 {
        if resume && step == 3 {
            trainer.save_checkpoint(&path)?;
            trainer.step(&xs, &ys)?;
            trainer.load_checkpoint(&path)?;
        }
        trainer.step(&xs, &ys)?;
    }
    trainer.finish()
}

#[test]
fn checkpoints_go_on_to_the_same_bits() {
    let ways: [fn(Builder) -> Builder; 3] =
        [|b| b, |b| b.clip_norm(0.1), |b| b.group("blocks.1", |adam| adam.learning_rate = 1e-3)];
    for way in ways {
        let whole = steps(way(builder()), false).unwrap();
        assert_eq!(bits(&whole), bits(&steps(way(builder()), true).unwrap()));
        for (before, after) in Head::init(7).named_parameters().zip(whole.named_parameters()) {
            assert_eq!(before.values == after.values, before.frozen, "{}", before.name);
        }
    }
}

#[test]
fn groups_are_of_what_learns() {
    let trainer = builder().group("out", |adam| adam.learning_rate = 1.0).on(Device::Cpu).unwrap();
    let groups = trainer.groups();
    assert_eq!(groups[1].parameters, ["out.weight", "out.bias"]);
    assert!(groups[0].parameters.iter().all(|name| !name.contains("body") && !name.contains("mix")));
    let error = builder().group("body", |adam| adam.learning_rate = 1.0).on(Device::Cpu).unwrap_err();
    let found = "selects no parameter of `Head` that learns: `body";
    assert!(error.to_string().contains(found) && error.to_string().contains("is frozen"), "{error}");
}

#[test]
fn no_bias_is_no_mistake() {
    network! { struct Bare: [4] -> [2] { fc: Linear(2, bias: false) } }
    let trainer = Trainer::new(Bare::init(1), Mse::mean(), Adam::new(0.01)).decay_weights_only();
    assert!(trainer.on(Device::Cpu).is_ok());
}

#[test]
fn a_gradient_has_the_fields_of_what_learns() {
    let (xs, ys) = (random::normal::<[f32; 4]>(8, 1), random::normal::<[f32; 2]>(8, 2));
    let mut trainer = builder().keep_gradient().on(Device::Cpu).unwrap();
    trainer.step(&xs, &ys).unwrap();
    let names: Vec<_> = trainer.named_gradient().unwrap().map(|gradient| gradient.name).collect();
    assert_eq!(
        names,
        [
            "blocks.0.fc.weight",
            "blocks.0.fc.bias",
            "blocks.1.fc.weight",
            "blocks.1.fc.bias",
            "out.weight",
            "out.bias"
        ]
    );
    let gradient: HeadGradients<'_> = trainer.gradient().unwrap();
    let last = trainer.named_gradient().unwrap().last().unwrap();
    assert_eq!(gradient.out.bias[..], *last.values);
    let fc = trainer.named_gradient().unwrap().nth(2).unwrap();
    assert_eq!(gradient.blocks[1].fc.weight.as_flattened(), fc.values);
}
