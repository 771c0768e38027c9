//! Declared networks with several outputs: what a joint loss reports by part, losses between outputs, targets of one's own.
use plywood::loss::{ChannelCrossEntropy, Cpu, Loss};
use plywood::prelude::*;
use plywood::{Each, Error, History, Record, Result};

network! {
    struct Policy: [4] -> (next: [3], value: [1]) {
        body: Linear(16), next: Linear(3), value: Linear(1),
        fn forward(x) {
            let h = body(x).tanh();
            (next: next(h), value: value(h))
        }
    }
}
type Targets = PolicyOutput<u32, [f32; 1]>;

/// The class and the value follow from the first number.
fn data(n: usize) -> Dataset<[f32; 4], Targets> {
    let xs = random::uniform::<[f32; 4]>(n, -1.0..1.0, 1).into_vec();
    let next = xs.iter().map(|x| u32::from(x[0] > 0.0)).collect::<Vec<_>>();
    let value = xs.iter().map(|x| [2.0 * x[0]]).collect::<Vec<_>>();
    Dataset::new(xs, PolicyOutput { next, value }).expect("as many of each")
}

type Joint = PolicyLoss<CrossEntropy, Weighted<Mse>>;
fn loss() -> Joint {
    PolicyLoss { next: CrossEntropy, value: Weighted(0.5, Mse::mean()) }
}
fn trainer() -> Trainer<Policy, Joint, Adam> {
    let trainer = Trainer::new(Policy::init(1), loss(), Adam::new(1e-2)).batch(16).quiet();
    trainer.on(Device::Cpu).expect("a trainer")
}

#[test]
fn a_joint_loss_is_reported_by_part() {
    let data = data(100);
    // without learning, an epoch's loss is that of the data set, and so is each part
    let still = Trainer::new(Policy::init(1), loss(), Sgd::new(0.0)).batch(100).quiet();
    let mut still = still.on(Device::Cpu).expect("a trainer");
    let epoch = still.epoch(&data).expect("an epoch");
    let parts = PolicyOutput { next: CrossEntropy, value: Mse::mean() };
    let of_data = still.evaluate(&data, parts).expect("an evaluation");
    let close = |part: Option<f64>, wanted: f64| {
        assert!(part.is_some_and(|part| (part - wanted).abs() < 1e-6), "{part:?} {wanted}");
    };
    close(epoch.part("next"), of_data.next);
    close(epoch.part("value"), 0.5 * of_data.value);
    assert_eq!(epoch.part("other"), None);

    // in batches of 16 and a last one of 4, the mean over samples
    let mut trainer = trainer();
    let history = trainer.fit(&data).validate(&data, loss()).epochs(3).run().expect("a fit");
    for record in &history.records {
        let epoch = &record.epoch;
        let names: Vec<&str> = epoch.parts.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["next", "value"]);
        close(Some(epoch.loss), epoch.parts.iter().map(|(_, part)| part).sum());
        let shown =
            format!("loss {:.6} (next {:.6}, value {:.6}), ", epoch.loss, epoch.parts[0].1, epoch.parts[1].1);
        assert!(epoch.to_string().starts_with(&shown), "{epoch}");
        assert!(record.to_string().contains(&shown), "{record}");
    }
    let last = &history.records[2].epoch;
    assert!(last.parts[1].1 < 0.7 * history.records[0].epoch.parts[1].1, "{history}");
    let shown = format!("the last with loss {:.6} (next {:.6}, ", last.loss, last.parts[0].1);
    assert!(history.to_string().contains(&shown), "{history}");
    let csv = history.to_csv();
    let mut lines = csv.lines();
    let head = "epoch,loss,loss.next,loss.value,PolicyLoss,learning_rate,samples,updates,seconds";
    assert_eq!(lines.next(), Some(head));
    for (line, record) in lines.zip(&history.records) {
        let read: Vec<f64> = line.split(',').map(|field| field.parse().expect("a number")).collect();
        let Record { epoch, validation, .. } = record;
        let wanted = [epoch.loss, epoch.parts[0].1, epoch.parts[1].1, validation[0].1];
        assert_eq!(read[1..5], wanted);
    }
}

#[test]
fn parts_are_weighted_with_the_whole() {
    let twice = Trainer::new(Policy::init(1), Weighted(2.0, loss()), Sgd::new(0.0)).batch(100).quiet();
    let mut twice = twice.on(Device::Cpu).expect("a trainer");
    let once = Trainer::new(Policy::init(1), loss(), Sgd::new(0.0)).batch(100).quiet();
    let mut once = once.on(Device::Cpu).expect("a trainer");
    let (twice, once) =
        (twice.epoch(&data(100)).expect("an epoch"), once.epoch(&data(100)).expect("an epoch"));
    assert_eq!(twice.loss, 2.0 * once.loss);
    for (twice, once) in twice.parts.iter().zip(&once.parts) {
        assert_eq!((&twice.0, twice.1), (&once.0, 2.0 * once.1));
    }
}

#[test]
fn one_output_has_no_parts() {
    network! { struct One: [4] -> [3] { fc: Linear(3) } }
    let data = data(20);
    let data = Dataset::new(data.samples().to_vec(), data.targets().next.to_vec()).expect("as many");
    let mut one =
        Trainer::new(One::init(1), CrossEntropy, Sgd::new(0.1)).quiet().on(Device::Cpu).expect("a trainer");
    let history = one.fit(&data).run().expect("a fit");
    assert!(history.records[0].epoch.parts.is_empty());
    assert!(history.records[0].epoch.to_string().ends_with("per second)"));
    assert_eq!(history.records[0].epoch.to_string().matches('(').count(), 1);
    assert!(history.to_csv().starts_with("epoch,loss,learning_rate,"));
}

#[test]
fn a_fit_that_goes_on_has_the_parts_of_the_epochs_before() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("policy.safetensors");
    let data = data(100);
    let whole = trainer().fit(&data).validate(&data, loss()).epochs(3).run()?;
    trainer().fit(&data).validate(&data, loss()).epochs(2).checkpoint(&path).run()?;
    let more = trainer().fit(&data).validate(&data, loss()).epochs(3).checkpoint(&path).resume().run()?;
    let parts = |history: &History| -> Vec<_> {
        history.records.iter().map(|record| (record.epoch.parts.clone(), record.validation.clone())).collect()
    };
    assert_eq!(parts(&more), parts(&whole));
    Ok(())
}

/// What was seen at a time, of a type of one's own.
#[derive(Clone)]
struct Seen {
    class: Option<u32>,
}
/// Cross entropy where a class was seen.
struct WhereSeen;
impl Loss<[f32; 3]> for WhereSeen {
    type Target = Each<Seen>;
    fn reduction(&self) -> Reduction {
        Reduction::Mean
    }
    fn gradient(
        &self,
        cpu: &Cpu,
        d: &mut [[f32; 3]],
        y: &[[f32; 3]],
        seen: &[Seen],
        scale: f64,
    ) -> Result<f64> {
        CrossEntropy.ignore_index(u32::MAX).gradient(cpu, d, y, &classes(seen), scale)
    }
    fn value(&self, y: &[[f32; 3]], seen: &[Seen]) -> Result<f64> {
        CrossEntropy.ignore_index(u32::MAX).value(y, &classes(seen))
    }
}
fn classes(seen: &[Seen]) -> Vec<u32> {
    seen.iter().map(|seen| seen.class.unwrap_or(u32::MAX)).collect()
}

#[test]
fn targets_of_one_port_may_be_of_a_type_of_ones_own() -> Result<()> {
    let numbers = data(60);
    let seen = |(i, class): (usize, &u32)| Seen { class: (i % 3 > 0).then_some(*class) };
    let next: Vec<Seen> = numbers.targets().next.iter().enumerate().map(seen).collect();
    let targets = PolicyOutput { next: Each(next), value: numbers.targets().value.to_vec() };
    let data = Dataset::new(numbers.samples().to_vec(), targets)?;
    let (train, test) = data.split(0.8, 7);
    let own = || PolicyLoss { next: WhereSeen, value: Mse::mean() };
    let trainer = Trainer::new(Policy::init(1), own(), Adam::new(1e-2)).batch(8).quiet();
    let mut trainer = trainer.on(Device::Cpu)?;
    let before = trainer.evaluate(&test, own())?;
    let history = trainer.fit(&train).validate(&test, own()).epochs(30).run()?;
    assert!(trainer.evaluate(&test, own())? < 0.5 * before, "{history}");
    assert_eq!(history.records[29].epoch.parts.len(), 2);
    // a step by hand, with slices of one's own type
    let ts = PolicyOutput { next: &[Seen { class: Some(5) }][..], value: &[[0.0]][..] };
    let error = trainer.step(&[[0.0; 4]], ts).unwrap_err().to_string();
    assert!(error.starts_with("the target of sample 0: `next`: class 5 is not among"), "{error}");
    Ok(())
}

#[test]
fn a_class_at_each_position_is_learned() -> Result<()> {
    network! {
        /// One of three classes at each of six positions, and one of two at each of six channels.
        struct Tagger: [6, 4] -> (tags: [6, 3], mask: [2, 6]) {
            tags: Linear(3), flat: Flatten, mask: Linear(12), two: Reshape([2, 6]),
            fn forward(x) { (tags: tags(x), mask: two(mask(flat(x)))) }
        }
    }
    let xs = random::normal::<[[f32; 4]; 6]>(200, 1).into_vec();
    let largest = |x: &[f32; 4]| (0..3).max_by(|a, b| x[*a].total_cmp(&x[*b])).unwrap_or(0) as u32;
    let tags: Vec<[u32; 6]> = xs.iter().map(|x| std::array::from_fn(|t| largest(&x[t]))).collect();
    // what is padding, 9, is not learned
    let mask: Vec<[u32; 6]> = xs
        .iter()
        .map(|x| std::array::from_fn(|t| if t == 5 { 9 } else { u32::from(x[t][3] > 0.0) }))
        .collect();
    let data = Dataset::new(xs, TaggerOutput { tags, mask })?;
    let loss = || TaggerLoss { tags: CrossEntropy, mask: ChannelCrossEntropy::mean().ignore_index(9) };
    let trainer = Trainer::new(Tagger::init(1), loss(), Adam::new(3e-2)).batch(20).quiet();
    let mut trainer = trainer.on(Device::Cpu)?;
    let before = trainer.evaluate(&data, loss())?;
    trainer.epochs(&data, 30)?;
    let after = trainer.evaluate(&data, loss())?;
    assert!(after < 0.4 * before, "{before} {after}");
    Ok(())
}

network! {
    struct Faces: (anchor: [4], positive: [4], negative: [4]) -> (negative: [2], anchor: [2], positive: [2]) {
        body: Linear(2),
        fn forward(anchor, positive, negative) {
            (negative: body(negative), anchor: body(anchor), positive: body(positive))
        }
    }
}
network! {
    struct Pair: (left: [4], right: [4]) -> (left: [2], right: [2]) {
        body: Linear(2),
        fn forward(left, right) { (left: body(left), right: body(right)) }
    }
}
type Pairs = PairOutput<[f32; 2], [f32; 2]>;

#[test]
fn gradients_of_losses_between_outputs_are_right() -> Result<()> {
    let [a, b, c] = [1, 2, 3].map(|seed| random::normal::<[f32; 2]>(9, seed));
    let three = FacesOutput { anchor: &a, positive: &b, negative: &c };
    for loss in [TripletMargin::mean(), TripletMargin::sum().margin(0.3).eps(1e-2)] {
        let apart =
            Loss::<FacesOutput<[f32; 2], [f32; 2], [f32; 2]>>::gradient_check(&loss, three, &[(); 9])?;
        assert!(apart < 1e-3, "{apart}");
    }
    let (signs, two) =
        ([1.0, -1.0, -1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0], PairOutput { left: &a, right: &b });
    for loss in [CosineEmbedding::mean(), CosineEmbedding::sum().margin(-0.2)] {
        assert!(Loss::<Pairs>::gradient_check(&loss, two, &signs)? < 1e-3);
    }
    let signs = signs.map(|sign| [sign, -sign]);
    for loss in [MarginRanking::mean(), MarginRanking::batch_mean().margin(0.5), MarginRanking::sum()] {
        assert!(Loss::<Pairs>::gradient_check(&loss, two, &signs)? < 1e-3);
    }
    // a fault of one output is found, and said by its name
    struct Halved;
    impl Loss<Pairs> for Halved {
        type Target = f32;
        fn reduction(&self) -> Reduction {
            Reduction::Mean
        }
        fn gradient(
            &self,
            cpu: &Cpu,
            d: PairOutput<&mut [[f32; 2]], &mut [[f32; 2]]>,
            y: PairOutput<&[[f32; 2]], &[[f32; 2]]>,
            t: &[f32],
            scale: f64,
        ) -> Result<f64> {
            let PairOutput { left, right } = d;
            let d = PairOutput { left, right: &mut *right };
            let loss = Loss::<Pairs>::gradient(&CosineEmbedding::mean(), cpu, d, y, t, scale)?;
            right.as_flattened_mut().iter_mut().for_each(|d| *d *= 0.5);
            Ok(loss)
        }
        fn value(&self, y: PairOutput<&[[f32; 2]], &[[f32; 2]]>, t: &[f32]) -> Result<f64> {
            Loss::<Pairs>::value(&CosineEmbedding::mean(), y, t)
        }
    }
    let error = Halved.gradient_check(two, &[1.0; 9]).unwrap_err().to_string();
    assert!(
        error.contains("the derivative by number") && error.contains(" of `right` of output "),
        "{error}"
    );
    Ok(())
}

#[test]
fn what_is_alike_comes_to_lie_near() -> Result<()> {
    let anchor = random::normal::<[f32; 4]>(64, 1).into_vec();
    let noise = random::normal::<[f32; 4]>(64, 2);
    let positive: Vec<[f32; 4]> =
        anchor.iter().zip(&noise).map(|(x, noise)| [x[0], x[1], noise[2], noise[3]]).collect();
    let negative: Vec<[f32; 4]> = anchor.iter().map(|x| [-x[0], -x[1], x[2], x[3]]).collect();
    let data = Dataset::new(FacesInput { anchor, positive, negative }, vec![(); 64])?;
    let trainer = Trainer::new(Faces::init(1), TripletMargin::mean(), Adam::new(3e-2)).batch(16).quiet();
    let mut trainer = trainer.on(Device::Cpu)?;
    let before = trainer.evaluate(&data, TripletMargin::mean())?;
    let history = trainer.fit(&data).validate(&data, TripletMargin::mean()).epochs(20).run()?;
    assert!(trainer.evaluate(&data, TripletMargin::mean())? < 0.5 * before, "{history}");
    assert!(history.records[0].validation("TripletMargin").is_some());
    Ok(())
}

#[test]
fn what_a_loss_between_outputs_cannot_be_is_said() -> Result<()> {
    let said = |error: Option<Error>| error.map(|error| error.to_string()).unwrap_or_default();
    fn on<L: Loss<Pairs>>(loss: L) -> Result<Trainer<Pair, L, Sgd>> {
        Trainer::new(Pair::init(1), loss, Sgd::new(0.1)).on(Device::Cpu)
    }
    let margin = said(on(CosineEmbedding::mean().margin(2.0)).err());
    assert_eq!(margin, "`margin` is 2\nhelp: it can be any number from -1 to 1");
    assert!(said(on(MarginRanking::mean().margin(f64::NAN)).err()).contains("`margin` is NaN"));
    let faces = |loss| Trainer::new(Faces::init(1), loss, Sgd::new(0.1)).on(Device::Cpu).err();
    assert!(
        said(faces(TripletMargin::mean().margin(0.0)))
            .contains("`margin` is 0\nhelp: it can be any number above 0")
    );
    assert!(said(faces(TripletMargin::mean().eps(-1.0))).contains("`eps` is -1"));
    network! {
        struct Unnamed: [4] -> (anchor: [2], near: [2], far: [2]) {
            body: Linear(2),
            fn forward(x) { (anchor: body(x), near: body(x), far: body(x)) }
        }
    }
    let unnamed = Trainer::new(Unnamed::init(1), TripletMargin::mean(), Sgd::new(0.1)).on(Device::Cpu);
    assert_eq!(
        said(unnamed.err()),
        "`TripletMargin` is for outputs called `anchor`, `near`, `far`\nhelp: it can be for those called `anchor`, \
         `positive` and `negative`, in any order: names say which is which"
    );
    let xs = random::normal::<[f32; 4]>(2, 1);
    let xs = PairInput { left: &xs[..], right: &xs[..] };
    let error = said(on(CosineEmbedding::mean())?.step(xs, &[1.0, 0.0]).err());
    assert_eq!(error, "the target of sample 1: number 0 is 0; it can be -1 or 1");
    let error = said(on(MarginRanking::mean())?.step(xs, &[[1.0, -1.0], [1.0, 0.5]]).err());
    assert_eq!(error, "the target of sample 1: number 1 is 0.5; it can be -1 or 1");
    let odd = said(CrossEntropy.value(&[[[0f32; 3]; 2]; 2], &[[0, 1], [2, 3]]).err());
    assert!(
        odd.starts_with("the target of sample 1: class 3 at position 1 is not among the network's 3"),
        "{odd}"
    );
    let ignored = CrossEntropy.ignore_index(3).value(&[[[0f32; 3]; 2]; 2], &[[0, 1], [2, 3]])?;
    assert!((ignored - 3f64.ln()).abs() < 1e-12);
    // nothing to learn from is no loss, and no NaN
    let mut d = [[9f32; 3]; 2];
    let none =
        CrossEntropy.ignore_index(1).gradient(&Cpu::new(1), &mut d, &[[1f32, 2.0, 3.0]; 2], &[1, 1], 1.0)?;
    assert_eq!((none, d), (0.0, [[0.0; 3]; 2]));
    Ok(())
}
