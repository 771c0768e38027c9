use super::*;
use crate::check::check;
use crate::compiler::autodiff::autodiff;
use crate::shape;

/// `y = fₙ(…f₁(relu(x Wᵀ)))`, `fᵢ(x) = x + bᵢ`, so often as the constant says.
fn network() -> Block {
    let mut body = Graph::default();
    body.begin(Origin::of("x"));
    let carried = body.leaf(Kind::Input(0), vec![Size::batch(), Size::known(3)]);
    body.begin(Origin::of("add"));
    let b = body.leaf(Kind::Parameter(0), shape::shape(&[3]));
    let output = body.must(&ops::ADD, Attrs::NONE, &[carried, b]);
    let block = Rc::new(Block::of("blocks", body, vec![output], 2.into()));
    let mut graph = Graph::default();
    graph.begin(Origin::of("x"));
    let x = graph.leaf(Kind::Input(0), vec![Size::batch(), Size::symbol("crate::H")]);
    graph.begin(Origin::of("fc"));
    let w = graph.leaf(Kind::Parameter(0), vec![Size::known(3), Size::symbol("crate::H")]);
    let y = graph.must(&ops::MATMUL, ops::matmul::transposed(false, true), &[x, w]);
    let y = graph.must(ops::UNARY[0], Attrs::NONE, &[y]);
    let count = Size::symbol("DEPTH");
    let stacked = graph.leaf(Kind::Parameter(1), vec![count.clone(), Size::known(3)]);
    let call = Call::repeated(block, "blocks", count, Size::symbol("batch"));
    let outputs = graph.call(Rc::new(call), vec![y, stacked]);
    Block::of("", graph, outputs, Size::known(0))
}

#[test]
fn a_graph_reads_back_as_what_was_written() {
    let forward = network();
    let training = autodiff(&forward, &[true, true], &[true]);
    for network in [forward, training] {
        assert_eq!(check(&network), Ok(()));
        let written = Listing { network }.write();
        let lines: Vec<&str> = written.iter().map(String::as_str).collect();
        let read = Listing::read(&lines).unwrap_or_else(|| panic!("{written:#?}"));
        assert_eq!(read.write(), written);
        assert_eq!(check(&read.network), Ok(()));
    }
}

#[test]
fn sizes_read_back_as_what_they_are() {
    for seed in 0..10_000 {
        let value = shape::random::value(seed);
        let sample = shape::random::Random(seed).sample(1 + seed as u32 % 4, true, &value).size;
        let written = size(&sample);
        let read = read_size(&written).unwrap_or_else(|| panic!("{written} can be read"));
        assert_eq!(read, sample, "{written}");
        assert_eq!(read.evaluate(&value), sample.evaluate(&value), "{written}");
    }
    assert_eq!(size(&(&Size::symbol("H") + &5.into()).quotient(&2.into())), "($H+1)/2+2");
    for text in ["", "()", "($H", "$H)", "2+", "3**4", "2 3", "H", "-2"] {
        assert_eq!(read_size(text), None, "{text}");
    }
}

#[test]
fn anything_else_is_refused() {
    let end = "} inputs parameters outputs";
    for lines in [
        &[][..],
        &["nonsense"],
        &["{ ' streams=0", "%0 x = input #0 : [batch,2]"],
        &["{ ' streams=0", "%0 x = unheard : [2]", end],
        &["{ ' streams=0", "%1 x = input #0 : [2]", end],
        &["{ ' streams=0", "%0 x = relu %0 : [2]", end],
        &["{ ' streams=0", "%0 x = call #0 name='f times=1 in= own=false out= first=0 : [2]", end],
        &["{ ' streams=0", "%0 x = input #0 : [2]", "} inputs %1 parameters outputs"],
    ] {
        assert!(Listing::read(lines).is_none(), "{lines:?}");
    }
}
