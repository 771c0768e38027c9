use plywood::data::{MinMaxScaler, StandardScaler};
use plywood::prelude::*;

fn main() -> plywood::Result<()> {
    let doubles = vec![[0.0f64; 4]; 3];
    StandardScaler::fit(&doubles)?; //~
    let rows = vec![vec![0.0f32; 4]; 3];
    MinMaxScaler::fit(&rows)?; //~
    zeroed::<[i32; 4]>(3); //~
    Ok(())
}
