//! A table takes a few times the memory of its file, whatever is in the file: a program of its own, whose allocator counts
//! bytes.
use plywood::data::Csv;
use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

struct Counting;
static LIVE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);
// SAFETY: all is left to the system's allocator
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        MOST.fetch_max(LIVE.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        // SAFETY: by the caller
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: by the caller
        unsafe { System.dealloc(p, layout) }
    }
}
#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most that is taken at a time while a file of this content is read.
fn most(content: &[u8], expected: Result<usize, &str>) -> usize {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("table.csv");
    fs::write(&path, content).expect("a file in it");
    let before = LIVE.load(Relaxed);
    MOST.store(before, Relaxed);
    let result = Csv::open(&path).and_then(Csv::table);
    let most = MOST.load(Relaxed) - before;
    match (result, expected) {
        (Ok(table), Ok(rows)) => assert_eq!(table.len(), rows),
        (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{error}"),
        (found, expected) => panic!("{:?}, not {expected:?}", found.map(|table| table.len())),
    }
    most
}

#[test]
fn a_table_takes_a_few_times_its_file() {
    const MIB: usize = 1 << 20;
    // the narrowest cells there are, and growing memory, which is copied from one place to another
    let narrow = ["a,b\n", &"1,2\n".repeat(MIB)].concat();
    let found = most(narrow.as_bytes(), Ok(MIB));
    assert!(found < 16 * narrow.len(), "{found} bytes for {}", narrow.len());
    let usual = ["a,b\n", &"1234.5678,-123.25e-10\n".repeat(MIB / 4)].concat();
    let found = most(usual.as_bytes(), Ok(MIB / 4));
    assert!(found < 6 * usual.len(), "{found} bytes for {}", usual.len());
    // what is no table is given up early
    let found = most(&b"column,".repeat(10_000_000), Err("more than 1000000 cells"));
    assert!(found < 40 * MIB, "{found} bytes for ten million columns");
    let found = most(&b"x".repeat(100 * MIB), Err("more than 64 MiB"));
    assert!(found < 112 * MIB, "{found} bytes for one long line");
    let found = most(&vec![0; 10 * MIB], Err("this is not text"));
    assert!(found < MIB, "{found} bytes for zeros");
}
