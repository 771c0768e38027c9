use plywood::prelude::*;

network! { struct Zero: [0] -> [2] { Linear(2) } } //~
network! { struct Lower: [wdith] -> [2] { Linear(2) } } //~
network! { struct Minus: [-3] -> [2] { Linear(2) } } //~
network! { struct Half: [2.5] -> [2] { Linear(2) } } //~
network! { struct Image: [28, wdith] -> [2] { Flatten, Linear(2) } } //~
network! { struct Output: [4] -> [0] { out: Linear(2) } } //~
network! { struct Times: [28x28] -> [2] { Linear(2) } } //~

#[model([wdith] -> [2])] //~
struct Model {
    out: Linear<2>,
}

// whatever is done with them says nothing more
fn train<M: plywood::Model>(net: M) -> M {
    net
}

fn main() -> plywood::Result<()> {
    println!("{}", Zero::init(1).predict(&[[0.0; 784]])[0][1]);
    println!("{}", train(Image::init(1)).predict(&[[[0.0; 28]; 28]]).len());
    let data = Dataset::new(vec![[0.0; 4]; 8], vec![1; 8])?;
    let mut trainer = Trainer::new(Lower::init(1), CrossEntropy, Adam::new(1e-3)).on(Device::Cpu)?;
    trainer.fit(&data).epochs(2).validate(&data, Accuracy).run()?;
    trainer.step(&[[0.0; 4]], &[1])?;
    let predictor = Predictor::new(Minus::load("net.safetensors")?, Device::Cpu, 8)?;
    let outputs: Vec<[f32; 2]> = predictor.predict(&[[0.0; 4]])?;
    let model: Vec<[f32; 2]> = Model::init(1).predict(&[[0.0; 4]]);
    println!("{} {outputs:?} {model:?}", Half::init(1).parameters().layer_0.weight[0][0]);
    let output: Vec<[f32; 7]> = Output::init(1).predict(&[[0.0; 4]]);
    println!("{output:?} {}", Times::init(1));
    Ok(())
}
