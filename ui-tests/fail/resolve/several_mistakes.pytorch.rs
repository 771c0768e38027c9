use plywood::prelude::*;

network! {
    pub struct Net: [8] -> [3] {
        out: Linear(3),
        fn forward(x) {
            let both = torch.cat([x, x.relu()], dim=-1); //~
            let h = self.out(both); //~
            h.unsqueeze(0) //~
        }
    }
}

fn main() {
    let net = Net::init(1);
    println!("{net}");
    println!("{}", net.parameters().out.bias[0]);
    println!("{:?}", net.predict(&[[0.0; 8]])[0]);
}
