//! How many samples of each class go to each part.

/// Beside this much, what is whole but for rounding is whole.
const ROUNDING: f64 = 1e-6;

/// How many samples of each class go to each part, for classes of so many samples and parts of these fractions and sizes.
///
/// A class of `c` has `f · c` in a part, rounded up or down, and a part has as many of all as its size says: both at once
/// can be had, but that with more than two parts a size may have to be the other neighbour of `f · n`. Which classes are
/// rounded up is decided by the largest remainders, of equal ones by the order of the classes.
pub(super) fn shares<const N: usize>(
    counts: &[usize],
    fractions: [f64; N],
    sizes: [usize; N],
) -> Vec<[usize; N]> {
    let n: usize = counts.iter().sum();
    let exact = |class: usize, part: usize| fractions[part] * counts[class] as f64;
    let whole = |exact: f64| (exact + ROUNDING).floor();
    let mut shares: Vec<[usize; N]> = counts
        .iter()
        .map(|count| fractions.map(|fraction| whole(fraction * *count as f64) as usize))
        .collect();
    let open = |class: usize, part: usize| exact(class, part) - whole(exact(class, part)) > ROUNDING;
    let mut rounded = vec![[false; N]; counts.len()];
    let mut left: Vec<usize> =
        counts.iter().zip(&shares).map(|(count, share)| count - share.iter().sum::<usize>()).collect();
    let mut found = [0; N];
    shares.iter().for_each(|share| (0..N).for_each(|part| found[part] += share[part]));

    // as the remainders say, as long as there is room
    let cells = (0..counts.len()).flat_map(|class| (0..N).map(move |part| (class, part)));
    let mut cells: Vec<(f64, usize, usize)> = cells
        .filter(|(class, part)| open(*class, *part))
        .map(|(class, part)| (exact(class, part) - whole(exact(class, part)), class, part))
        .collect();
    cells.sort_by(|a, b| b.0.total_cmp(&a.0));
    for full in [sizes, [n; N]] {
        for (_, class, part) in &cells {
            if left[*class] > 0 && found[*part] < full[*part] && !rounded[*class][*part] {
                rounded[*class][*part] = true;
                left[*class] -= 1;
                found[*part] += 1;
            }
        }
    }

    // What found no room went elsewhere; what is too many goes on from there, to the sizes or else to their neighbours.
    let exact = fractions.map(|fraction| fraction * n as f64);
    let below = exact.map(|exact| whole(exact) as usize);
    let above = exact.map(|exact| (exact - ROUNDING).ceil() as usize);
    for bound in [sizes, above, below] {
        while let Some(path) = way(&rounded, &open, &found, &bound) {
            for (class, from, to) in path {
                (rounded[class][from], rounded[class][to]) = (false, true);
                found[from] -= 1;
                found[to] += 1;
            }
        }
    }
    for (class, share) in shares.iter_mut().enumerate() {
        (0..N).for_each(|part| share[part] += usize::from(rounded[class][part]));
        // only where fractions add up to 1 by their rounding alone
        share[0] += left[class];
    }
    shares
}

/// The fewest moves of one sample each, of a class from a part to another, that bring one from a part with more than its bound
/// to one with less.
fn way<const N: usize>(
    rounded: &[[bool; N]],
    open: &impl Fn(usize, usize) -> bool,
    found: &[usize; N],
    bound: &[usize; N],
) -> Option<Vec<(usize, usize, usize)>> {
    let mut queue: Vec<usize> = (0..N).filter(|part| found[*part] > bound[*part]).collect();
    if queue.is_empty() || (0..N).all(|part| found[part] >= bound[part]) {
        return None;
    }
    let mut by: [Option<(usize, usize, usize)>; N] = [None; N];
    let mut at = 0;
    while let Some(from) = queue.get(at).copied() {
        at += 1;
        for to in (0..N).filter(|to| found[*to] <= bound[*to]) {
            let moves = |class: &usize| rounded[*class][from] && !rounded[*class][to] && open(*class, to);
            if by[to].is_some() {
                continue;
            }
            let Some(class) = (0..rounded.len()).find(moves) else { continue };
            by[to] = Some((class, from, to));
            if found[to] < bound[to] {
                let back = std::iter::successors(by[to], |(_, from, _)| by[*from]);
                return Some(back.collect());
            }
            queue.push(to);
        }
    }
    None
}
