use plywood::prelude::*;

network! { pub struct Net: [784] -> [10] { fc1: Linear(10) } }

fn main() -> plywood::Result<()> {
    let data = Dataset::new(vec![[0.0; 784]; 8], vec![3; 8])?;
    let mut trainer = Trainer::new(Net::init(1), CrossEntropy, Adam::new(1e-3)).batch(8);
    trainer.step(&[[0.0; 784]], &[3])?; //~
    println!("{}", trainer.epoch(&data)?); //~
    let history = trainer.fit(&data).epochs(3).run()?; //~
    println!("{history:?}");
    Ok(())
}
