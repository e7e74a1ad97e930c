//! Numbers and texts as bytes: what all records of inventories are made of.
//!
//! Reading never panics and never reserves memory for what a length merely claims.

use crate::store::Damage;

/// Appends a number in 7-bit groups, the lowest first.
pub fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number as u8) | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a length and that many bytes.
pub fn put_text(out: &mut Vec<u8>, text: &str) {
    put_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Appends a length and that many bytes.
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads what the functions above wrote.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    /// Begins at the first byte.
    pub fn new(bytes: &'a [u8]) -> Input<'a> {
        Input { rest: bytes }
    }

    /// True when everything was read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What was not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next number.
    pub fn number(&mut self) -> Result<u64, Damage> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or(Damage::Short)?;
            self.rest = rest;
            let group = u64::from(byte & 0x7F);
            if shift == 63 && group > 1 {
                return Err(Damage::Shape);
            }
            number |= group << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Damage::Shape)
    }

    /// The next number, as a count or position.
    pub fn count(&mut self) -> Result<usize, Damage> {
        usize::try_from(self.number()?).map_err(|_| Damage::Shape)
    }

    /// The next number, which must fit 32 bits.
    pub fn small(&mut self) -> Result<u32, Damage> {
        u32::try_from(self.number()?).map_err(|_| Damage::Shape)
    }

    /// So many bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Damage> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Damage::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    /// 16 bytes as a number, the highest first.
    pub fn u128_be(&mut self) -> Result<u128, Damage> {
        self.take(16)?.try_into().map(u128::from_be_bytes).map_err(|_| Damage::Short)
    }

    /// One byte.
    pub fn byte(&mut self) -> Result<u8, Damage> {
        let (&byte, rest) = self.rest.split_first().ok_or(Damage::Short)?;
        self.rest = rest;
        Ok(byte)
    }

    /// A length and that many bytes.
    pub fn bytes(&mut self) -> Result<&'a [u8], Damage> {
        let count = self.count()?;
        self.take(count)
    }

    /// A length and that many bytes of UTF-8.
    pub fn text(&mut self) -> Result<&'a str, Damage> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Damage::Shape)
    }

    /// Four bytes, the lowest first.
    pub fn u32(&mut self) -> Result<u32, Damage> {
        self.take(4)?.try_into().map(u32::from_le_bytes).map_err(|_| Damage::Short)
    }

    /// Eight bytes, the lowest first.
    pub fn u64(&mut self) -> Result<u64, Damage> {
        self.take(8)?.try_into().map(u64::from_le_bytes).map_err(|_| Damage::Short)
    }

    /// Sixteen bytes, the lowest first.
    pub fn u128(&mut self) -> Result<u128, Damage> {
        self.take(16)?.try_into().map(u128::from_le_bytes).map_err(|_| Damage::Short)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_put_is_read(numbers in proptest::collection::vec(any::<u64>(), 0..20), text in ".*") {
            let mut out = Vec::new();
            numbers.iter().for_each(|number| put_number(&mut out, *number));
            put_text(&mut out, &text);
            let mut input = Input::new(&out);
            for number in numbers {
                prop_assert_eq!(input.number(), Ok(number));
            }
            prop_assert_eq!(input.text(), Ok(text.as_str()));
            prop_assert!(input.is_empty());
        }

        #[test]
        fn any_bytes_are_an_answer_and_never_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut input = Input::new(&bytes);
            while !input.is_empty() && input.text().is_ok() {}
            let _ = (input.number(), input.u128(), input.u32());
        }
    }
}
