// Rust names, to be probed: rust_functions N calls step(i) and Counter::add(i) N times.
struct Counter {
    total: u64,
}

impl Counter {
    #[inline(never)]
    fn add(&mut self, value: u64) -> u64 {
        self.total += value;
        self.total
    }
}

mod walk {
    #[inline(never)]
    pub fn step(value: u32, scale: i64) -> i64 {
        std::hint::black_box(i64::from(value) * scale)
    }
}

fn main() {
    let count: u32 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut counter = Counter { total: 0 };
    for i in 0..count {
        std::hint::black_box(walk::step(i, 3));
        std::hint::black_box(counter.add(u64::from(i)));
    }
}
