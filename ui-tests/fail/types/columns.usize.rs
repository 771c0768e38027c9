use plywood::prelude::*;

fn main() -> plywood::Result<()> {
    let data: Dataset<[f32; 4], usize> = Csv::open("iris.csv")?.classes("species").read()?; //~
    println!("{}", data.len());
    Ok(())
}
