//! A baseline JPEG around coded coefficients: JFIF header, tables, one scan, and nothing else.

use super::{
    coefficients::{Coefficients, Layout},
    huffman::Table,
    steps::Steps,
    symbols::{Sink, Statistics, Tables, whole},
};
use crate::watch::Watch;

/// The whole file, or some of it when it is time to stop.
pub(super) fn file(coefficients: &Coefficients, steps: &Steps, statistics: &Statistics, watch: &Watch) -> Vec<u8> {
    let tables = statistics.tables();
    let bytes = statistics.bits(&tables) / 8;
    // Stuffing makes about one byte in 250 two.
    let mut out = Vec::with_capacity(usize::try_from(bytes + bytes / 128).unwrap_or(0) + 1024);
    head(coefficients, steps, &tables, &mut out);
    let mut scan = Scan { tables: &tables, bits: 0, filled: 0, out };
    whole(coefficients, steps, &mut scan, watch);
    let mut out = scan.finish();
    out.extend_from_slice(&[0xFF, 0xD9]);
    out
}

/// Bytes of a file before its scan.
pub(super) fn head_len(coefficients: &Coefficients, steps: &Steps, tables: &Tables) -> u64 {
    let mut out = Vec::new();
    head(coefficients, steps, tables, &mut out);
    out.len() as u64
}

/// Everything before the scan (ITU T.81, annex B; JFIF 1.02).
fn head(coefficients: &Coefficients, steps: &Steps, tables: &Tables, out: &mut Vec<u8>) {
    let gray = coefficients.layout == Layout::Gray;
    let classes = if gray { 1 } else { 2 };
    out.extend_from_slice(&[0xFF, 0xD8]);
    segment(out, 0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    for (i, table) in (0u8..).zip(&steps.tables).take(classes) {
        segment(out, 0xDB, &[&[i][..], table].concat());
    }
    let ([h1, h0], [w1, w0]) = (coefficients.height.to_be_bytes(), coefficients.width.to_be_bytes());
    let (h, v) = coefficients.layout.luma();
    let components: &[u8] = if gray { &[1, 1, 0x11, 0] } else { &[3, 1, h << 4 | v, 0, 2, 0x11, 1, 3, 0x11, 1] };
    segment(out, 0xC0, &[&[8, h1, h0, w1, w0], components].concat());
    for (i, (dc, ac)) in (0u8..).zip(tables.dc.iter().zip(&tables.ac)).take(classes) {
        for (class, table) in [(0x00, dc), (0x10, ac)] {
            segment(out, 0xC4, &[&[class | i][..], &table.counts, &table.symbols].concat());
        }
    }
    let scan: &[u8] = if gray { &[1, 1, 0x00, 0, 63, 0] } else { &[3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0] };
    segment(out, 0xDA, scan);
}

fn segment(out: &mut Vec<u8>, marker: u8, body: &[u8]) {
    out.extend_from_slice(&[0xFF, marker]);
    out.extend_from_slice(&(body.len() as u16 + 2).to_be_bytes());
    out.extend_from_slice(body);
}

/// The entropy-coded data as it grows.
struct Scan<'t> {
    tables: &'t Tables,
    bits: u64,
    filled: u32,
    out: Vec<u8>,
}

impl Scan<'_> {
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "there are 256 symbols")]
    fn put(&mut self, table: &Table, symbol: u8, size: u8, value: i32) {
        let (code, length) = table.codes[usize::from(symbol)];
        // A negative value is stored as one less, in its low bits (ITU T.81, F.1.2.1).
        let extra = (value + (value >> 31)) as u32 & ((1u32 << size) - 1);
        self.bits = self.bits << (length + size) | u64::from(code) << size | u64::from(extra);
        self.filled += u32::from(length + size);
        if self.filled >= 32 {
            self.filled -= 32;
            self.emit((self.bits >> self.filled) as u32);
        }
    }

    #[inline]
    fn emit(&mut self, word: u32) {
        let bytes = word.to_be_bytes();
        // Whether a byte is FF: then its complement is zero.
        let not = !word;
        if not.wrapping_sub(0x0101_0101) & word & 0x8080_8080 == 0 {
            self.out.extend_from_slice(&bytes);
        } else {
            bytes.into_iter().for_each(|b| self.byte(b));
        }
    }

    fn byte(&mut self, byte: u8) {
        self.out.push(byte);
        if byte == 0xFF {
            self.out.push(0);
        }
    }

    /// Pads the last byte with ones.
    fn finish(mut self) -> Vec<u8> {
        while self.filled >= 8 {
            self.filled -= 8;
            self.byte((self.bits >> self.filled) as u8);
        }
        if self.filled > 0 {
            let free = 8 - self.filled;
            self.byte((self.bits << free) as u8 | ((1u16 << free) - 1) as u8);
        }
        self.out
    }
}

#[expect(clippy::indexing_slicing, reason = "classes are 0 and 1")]
impl Sink for Scan<'_> {
    #[inline]
    fn dc(&mut self, class: usize, size: u8, value: i32) {
        let tables = self.tables;
        self.put(&tables.dc[class & 1], size, size, value);
    }

    #[inline]
    fn ac(&mut self, class: usize, symbol: u8, value: i32) {
        let tables = self.tables;
        self.put(&tables.ac[class & 1], symbol, symbol & 15, value);
    }
}
