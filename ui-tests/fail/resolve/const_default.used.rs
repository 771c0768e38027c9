use plywood::prelude::*;

network! {
    pub struct Net<const H: usize = 16>: [784] -> [10] { //~
        fc1: Linear(H),
        fc2: Linear(10),
    }
}

// where a type is named without its parameter, that is the default
struct App {
    net: Net,
}

fn outputs(net: &Net) -> f32 {
    net.predict(&[[0.0; 784]])[0][0]
}

fn main() {
    let app = App { net: Net::init(1) };
    let other = Net::<4>::init(1);
    println!("{} {} {}", outputs(&app.net), other, Net::init(2));
}
