//! Learns what somebody would give a film that they have not rated: a factorisation machine with a deep part, over who rates,
//! what is rated, and three numbers of the rating. Reads `ratings.csv` and `u.data` as MovieLens has them.
use std::collections::HashMap;

use plywood::prelude::*;

/// Rows of the tables. Row 0 stands for whoever has no rating to learn from.
const USERS: usize = 1000;
const ITEMS: usize = 10_000;
/// Numbers by which users, items and dense features meet.
const FACTORS: usize = 8;

network! {
    /// The sum of a line, of what each two of three vectors have in common, and of a stack that sees all of them.
    struct DeepFm: (user: u32 [1], item: u32 [1], dense: [3]) -> [1] {
        users: Embedding(USERS, embedding_dim: FACTORS, padding_index: 0, weight_init: normal(std: 0.1)),
        items: Embedding(ITEMS, embedding_dim: FACTORS, padding_index: 0, weight_init: normal(std: 0.1)),
        user_bias: Embedding(USERS, embedding_dim: 1, padding_index: 0, weight_init: zeros),
        item_bias: Embedding(ITEMS, embedding_dim: 1, padding_index: 0, weight_init: zeros),
        factors: Linear(FACTORS),
        line: Linear(1),
        deep: Deep(16),

        fn forward(user, item, dense) {
            let (u, i, d) = (users(user).flatten(), items(item).flatten(), factors(dense));
            let linear = user_bias(user).flatten() + item_bias(item).flatten() + line(dense);
            // u·i + u·d + i·d
            let pairs = (u * i + d * (u + i)).sum(axis: 0).reshape([1]);
            linear + pairs + deep(concat([u, i, d], axis: 0))
        }
    }
    block Deep(width) { fc1: Linear(width), Relu, Dropout(0.2), fc2: Linear(1) }
}

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;
type Ratings = Dataset<DeepFmInput<[u32; 1], [u32; 1], [f32; 3]>, [f32; 1]>;

/// The number in a cell.
fn number(table: &Table, row: usize, column: usize) -> Outcome<f64> {
    let cell = table.cell(row, column).unwrap_or("");
    let name = &table.names()[column];
    Ok(cell.parse().map_err(|_| format!("column `{name}`: expected numbers, found `{cell}`"))?)
}

/// What the training rows say of a column of names.
struct Names {
    /// The row of the table, how many ratings, their mean.
    known: HashMap<String, (u32, f64, f64)>,
}
impl Names {
    fn of(train: &Table, column: usize, rows: usize) -> Outcome<Names> {
        let mut known: HashMap<String, (u32, f64, f64)> = HashMap::new();
        for row in 0..train.len() {
            let (name, next) = (train.cell(row, column).unwrap_or(""), known.len() as u32 + 1);
            let (_, count, mean) = known.entry(name.into()).or_insert((next, 0.0, 0.0));
            *count += 1.0;
            *mean += (number(train, row, 2)? - *mean) / *count;
        }
        if known.len() >= rows {
            return Err(format!(
                "{} of `{}`, the tables are for {}",
                known.len(),
                train.names()[column],
                rows - 1
            )
            .into());
        }
        Ok(Names { known })
    }
    /// That of a name, or what stands for one that is not known.
    fn get(&self, name: Option<&str>, mean: f64) -> (u32, f64, f64) {
        name.and_then(|name| self.known.get(name)).copied().unwrap_or((0, 0.0, mean))
    }
}

fn main() -> Outcome {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/data/ratings.csv").to_owned();
    let file = std::env::args().nth(1).unwrap_or(example);
    let table = match file.ends_with(".data") {
        true => Csv::open(&file)?.delimiter(b'\t').no_header().table()?,
        false => Csv::open(&file)?.table()?,
    };
    if table.names().len() < 4 {
        return Err(format!("{file}: expected columns user, item, rating, time").into());
    }
    let parts = table.split_into([0.7, 0.1, 0.2], 7)?;
    let train = &parts[0];
    let (users, items) = (Names::of(train, 0, USERS)?, Names::of(train, 1, ITEMS)?);
    let (mut mean, mut times) = (0.0, (f64::MAX, f64::MIN));
    for row in 0..train.len() {
        let (rating, time) = (number(train, row, 2)?, number(train, row, 3)?);
        mean += rating / train.len() as f64;
        times = (times.0.min(time), times.1.max(time));
    }

    // the network learns what is left beside the mean
    let dataset = |part: &Table| -> Outcome<Ratings> {
        let (mut input, mut targets) = (DeepFmInput { user: vec![], item: vec![], dense: vec![] }, vec![]);
        for row in 0..part.len() {
            let (user, of_user, _) = users.get(part.cell(row, 0), mean);
            let (item, of_item, _) = items.get(part.cell(row, 1), mean);
            let time = (number(part, row, 3)? - times.0) / (times.1 - times.0).max(1.0);
            input.user.push([user]);
            input.item.push([item]);
            input
                .dense
                .push([2.0 * time - 1.0, of_user.ln_1p() / 8.0, of_item.ln_1p() / 8.0].map(|x| x as f32));
            targets.push([(number(part, row, 2)? - mean) as f32]);
        }
        Ok(Dataset::new(input, targets)?)
    };
    let (train, validation, test) = (dataset(train)?, dataset(&parts[1])?, dataset(&parts[2])?);

    let mut trainer = Trainer::new(DeepFm::init(7), Mse::mean(), AdamW::new(3e-3).weight_decay(0.1))
        .batch(32)
        .seed(7)
        .on(Device::best())?;
    let history = trainer.fit(&train).epochs(200).validate(&validation, Rmse).early_stopping(15).run()?;
    println!("{history}");

    let (mut global, mut means) = (0.0, 0.0);
    for row in 0..parts[2].len() {
        let rating = number(&parts[2], row, 2)?;
        let [of_user, of_item] =
            [(&users, 0), (&items, 1)].map(|(names, column)| names.get(parts[2].cell(row, column), mean).2);
        global += (rating - mean).powi(2);
        means += (rating - (of_user + of_item - mean)).powi(2);
    }
    let rows = test.len() as f64;
    println!("{} rows to train on, {} to validate, {rows} to test", train.len(), validation.len());
    println!("RMSE of the mean of all ratings:   {:.4}", (global / rows).sqrt());
    println!("RMSE of the user's and the item's: {:.4}", (means / rows).sqrt());
    println!("test RMSE: {:.4}", trainer.evaluate(&test, Rmse)?);
    Ok(())
}
