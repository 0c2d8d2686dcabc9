//! Which 32 bytes are a public key of Ed25519 (RFC 8032 section 5.1.3), by arithmetic that needs no backend.

/// Returns whether the point is one of the eight of small order, under which a signature that fits any message can be
/// made, or is written in another way than RFC 8032 demands.
pub(crate) fn is_weak(mut point: [u8; 32]) -> bool {
    // The highest bit is the sign of the other coordinate.
    if let Some(last) = point.last_mut() {
        *last &= 0x7f;
    }
    SMALL_ORDER.contains(&point) || !point.iter().rev().lt(PRIME.iter().rev())
}

/// Returns whether there is a point with this second coordinate. About half of all texts have none.
///
/// The curve is `-x^2 + y^2 = 1 + d x^2 y^2` with `d = -121665/121666`. So `x^2` is
/// `121666 (y^2 - 1) / (121666 - 121665 y^2)`, which is a square when the product of the two is one.
pub(crate) fn is_on_curve(point: [u8; 32]) -> bool {
    let y = Field::from_bytes(point);
    let square = y.times(y);
    let above = square.minus(Field::small(1)).times(Field::small(121_666));
    let below = Field::small(121_666).minus(square.times(Field::small(121_665)));
    let symbol = above.times(below).euler().reduced();
    symbol == Field::small(0) || symbol == Field::small(1)
}

/// A number modulo 2^255 - 19: five limbs of 51 bits and a little more, the lowest first.
#[derive(Clone, Copy, PartialEq)]
struct Field([u64; 5]);

const LOW: u64 = (1 << 51) - 1;

impl Field {
    fn small(number: u64) -> Self {
        Self([number, 0, 0, 0, 0])
    }

    /// The highest bit is left out.
    fn from_bytes(bytes: [u8; 32]) -> Self {
        // Limb `i` begins at bit 51 i: in these bytes, that much further up.
        let limb = |byte: usize, shift: u32| {
            let eight = bytes.iter().skip(byte).take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
            eight >> shift & LOW
        };
        Self([limb(0, 0), limb(6, 3), limb(12, 6), limb(19, 1), limb(24, 12)])
    }

    fn times(self, other: Self) -> Self {
        let mut wide = [0_u128; 5];
        for (i, a) in self.0.into_iter().enumerate() {
            for (j, b) in other.0.into_iter().enumerate() {
                // 2^255 is 19.
                let (place, fold) = if i + j < 5 { (i + j, 1) } else { (i + j - 5, 19) };
                if let Some(limb) = wide.get_mut(place) {
                    *limb += u128::from(a) * u128::from(b) * fold;
                }
            }
        }
        let mut carry = 0;
        let mut limbs = wide.map(|limb| {
            let limb = limb + carry;
            carry = limb >> 51;
            limb as u64 & LOW
        });
        // Below 2^64: a product has less than 2^115 in its highest limb.
        limbs[0] += 19 * carry as u64;
        Self(limbs).carried()
    }

    fn minus(self, other: Self) -> Self {
        // 4 p, so that no limb falls below zero.
        let four_p = [4 * (LOW - 18), 4 * LOW, 4 * LOW, 4 * LOW, 4 * LOW];
        let limbs = self.0.into_iter().zip(other.0).zip(four_p).map(|((a, b), p)| a + p - b);
        let mut difference = [0; 5];
        difference.iter_mut().zip(limbs).for_each(|(to, limb)| *to = limb);
        Self(difference).carried()
    }

    fn carried(self) -> Self {
        let mut carry = 0;
        let mut limbs = self.0.map(|limb| {
            let limb = limb + carry;
            carry = limb >> 51;
            limb & LOW
        });
        limbs[0] += 19 * carry;
        Self(limbs)
    }

    /// 1 for a square, -1 for a number that is none, 0 for 0: the power of (p - 1) / 2 = 2^254 - 10.
    fn euler(self) -> Self {
        (0..254).rev().fold(Self::small(1), |power, bit| {
            let power = power.times(power);
            // All bits of the exponent are set but these two.
            if matches!(bit, 0 | 3) { power } else { power.times(self) }
        })
    }

    /// The same number from 0 to p - 1.
    fn reduced(self) -> Self {
        let number = self.carried().carried();
        // With 19 more it reaches 2^255 exactly when it is p or above.
        let over = number.0.into_iter().fold(19, |carry, limb| (limb + carry) >> 51);
        let [first, rest @ ..] = number.0;
        let [a, b, c, d] = rest;
        let mut reduced = Self([first + 19 * over, a, b, c, d]).carried();
        // `carried` has added back what ran over the top.
        reduced.0[0] -= 19 * over;
        reduced
    }
}

/// 2^255 - 19, little-endian.
const PRIME: [u8; 32] = {
    let mut prime = [0xff; 32];
    prime[0] = 0xed;
    prime[31] = 0x7f;
    prime
};

/// The second coordinates of the points of order 1, 2, 4 and 8, little-endian.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    {
        let mut minus_one = PRIME;
        minus_one[0] = 0xec;
        minus_one
    },
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    fn small(y: u8) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[0] = y;
        bytes
    }

    /// Computed with whole numbers in Python: y from 0 to 63, and the bytes from 0 to 127, 32 times each.
    #[test]
    fn f15_about_half_of_all_texts_are_on_the_curve() {
        for y in 0..64_u8 {
            assert_eq!(is_on_curve(small(y)), 0xf7d9_1dab_7fad_c67b_u64 >> y & 1 == 1, "y = {y}");
        }
        for byte in 0..128_u32 {
            let is_there = 0x5ba2_97c4_0a3a_7280_046c_d53d_26cb_1e4b_u128 >> byte & 1 == 1;
            assert_eq!(is_on_curve([byte as u8; 32]), is_there, "{byte} 32 times");
        }
    }

    #[test]
    fn numbers_below_the_prime_are_reduced() {
        let near = |low: u8| {
            let mut bytes = PRIME;
            bytes[0] = low;
            Field::from_bytes(bytes).reduced().0
        };
        assert_eq!(near(0xed), [0; 5]);
        assert_eq!(near(0xee), [1, 0, 0, 0, 0]);
        assert_eq!(near(0xff), [18, 0, 0, 0, 0]);
        assert_eq!(near(0xec), [LOW - 19, LOW, LOW, LOW, LOW]);
        assert!(Field::small(1).minus(Field::small(2)).reduced().0 == near(0xec));
    }
}
