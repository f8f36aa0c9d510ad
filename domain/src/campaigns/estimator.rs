//! From what a member has to what it needs: metres to boxes and shelves, sheets to
//! volumes to bind.
//!
//! A town hall knows its shelves and its years, not its boxes. Every figure that
//! turns one into the other is an assumption with a name that the member may change
//! on its need sheet. Everything is exact until the last step, which rounds up:
//! one box too few leaves papers on the floor.

use crate::catalogue::PackSize;

/// What the estimate rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assumptions {
    /// The width of a box on the shelf, in millimetres.
    pub box_spine_mm: u32,
    /// How full a box is, in percent.
    pub fill_percent: u32,
    /// Shelves kept free for later years, in percent of what is kept.
    pub growth_percent: u32,
    pub shelf_length_mm: u32,
    pub shelves_per_bay: u32,
    /// In thousandths of a millimetre: 0.12 mm is 120.
    pub sheet_thickness_um: u32,
    /// Sheets a volume may have (circular of 14 December 2010: 300).
    pub sheets_per_volume: u32,
}

/// A box of 10 cm, full; a quarter more shelves; bays of 6 shelves of 1 m; sheets of 0.12 mm.
impl Default for Assumptions {
    fn default() -> Self {
        Self {
            box_spine_mm: 100,
            fill_percent: 100,
            growth_percent: 25,
            shelf_length_mm: 1000,
            shelves_per_bay: 6,
            sheet_thickness_um: 120,
            sheets_per_volume: 300,
        }
    }
}

/// Why nothing can be estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EstimateError {
    #[error("an assumption is zero, or a percentage is over its range")]
    Assumption,
    #[error("more than all of it would be eliminated")]
    Eliminable,
    #[error("the volume is out of range")]
    OutOfRange,
}

impl EstimateError {
    pub fn for_the_reader(self) -> &'static str {
        match self {
            Self::Assumption => {
                "Une hypothèse du calcul est nulle ou impossible : vérifiez l’épaisseur, le taux de \
                 remplissage et les dimensions."
            }
            Self::Eliminable => "La part éliminable ne peut dépasser 100 %.",
            Self::OutOfRange => "Ce volume est trop grand pour être calculé.",
        }
    }
}

/// Boxes, as they are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boxes {
    pub needed: u32,
    /// Whole packs.
    pub ordered: u32,
}

/// Shelving for what is kept, with room to grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shelving {
    /// With the growth, rounded up.
    pub length_mm: u32,
    pub shelves: u32,
    pub bays: u32,
}

/// Volumes to bind, the sheets spread evenly over them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volumes {
    pub volumes: u32,
    /// Of the thickest volume, rounded up: it chooses the binding.
    pub thickness_mm: u32,
}

impl Assumptions {
    fn checked(self) -> Result<Self, EstimateError> {
        let Self { box_spine_mm, fill_percent, shelf_length_mm, shelves_per_bay, .. } = self;
        let sizes = [box_spine_mm, shelf_length_mm, shelves_per_bay, self.sheets_per_volume];
        let sane = sizes.iter().all(|size| *size > 0)
            && (1..=100).contains(&fill_percent)
            && self.sheet_thickness_um > 0
            && self.growth_percent <= 1000;
        if sane { Ok(self) } else { Err(EstimateError::Assumption) }
    }

    /// Boxes for `length_mm` of papers of which `eliminable_percent` goes.
    pub fn boxes(
        self,
        length_mm: u32,
        eliminable_percent: u32,
        pack: PackSize,
    ) -> Result<Boxes, EstimateError> {
        let this = self.checked()?;
        let kept = kept(length_mm, eliminable_percent)?;
        // Hundredths of millimetres on both sides, the fill rate on the box's.
        let one_box = u64::from(this.box_spine_mm) * u64::from(this.fill_percent);
        let needed = whole(kept.div_ceil(one_box))?;
        let ordered = u64::from(needed.div_ceil(pack.units())) * u64::from(pack.units());
        Ok(Boxes { needed, ordered: whole(ordered)? })
    }

    /// Shelving for `length_mm` of papers of which `eliminable_percent` goes.
    pub fn shelving(
        self,
        length_mm: u32,
        eliminable_percent: u32,
    ) -> Result<Shelving, EstimateError> {
        let this = self.checked()?;
        // Ten-thousandths of millimetres, until the shelves.
        let grown = kept(length_mm, eliminable_percent)? * u64::from(100 + this.growth_percent);
        let shelves = whole(grown.div_ceil(u64::from(this.shelf_length_mm) * 10_000))?;
        Ok(Shelving {
            length_mm: whole(grown.div_ceil(10_000))?,
            shelves,
            bays: shelves.div_ceil(this.shelves_per_bay),
        })
    }

    /// Volumes for `sheets` of registers.
    pub fn volumes(self, sheets: u32) -> Result<Volumes, EstimateError> {
        let this = self.checked()?;
        let volumes = sheets.div_ceil(this.sheets_per_volume);
        let thickest = u64::from(sheets.div_ceil(volumes.max(1)));
        let thickness = (thickest * u64::from(this.sheet_thickness_um)).div_ceil(1000);
        Ok(Volumes { volumes, thickness_mm: whole(thickness)? })
    }
}

/// What stays, in hundredths of millimetres.
fn kept(length_mm: u32, eliminable_percent: u32) -> Result<u64, EstimateError> {
    let percent = 100_u32.checked_sub(eliminable_percent).ok_or(EstimateError::Eliminable)?;
    Ok(u64::from(length_mm) * u64::from(percent))
}

fn whole(count: u64) -> Result<u32, EstimateError> {
    u32::try_from(count).map_err(|_| EstimateError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(units: u32) -> PackSize {
        PackSize::new(units).unwrap()
    }

    #[test]
    fn rule_25_23_metres_of_which_40_percent_goes_are_138_boxes_in_packs_of_25() {
        let boxes = Assumptions::default().boxes(23_000, 40, pack(25));
        assert_eq!(boxes, Ok(Boxes { needed: 138, ordered: 150 }));
    }

    #[test]
    fn rule_25_13_8_metres_and_a_quarter_are_18_shelves_in_3_bays() {
        let shelving = Assumptions::default().shelving(23_000, 40);
        assert_eq!(shelving, Ok(Shelving { length_mm: 17_250, shelves: 18, bays: 3 }));
    }

    #[test]
    fn rule_25_1150_sheets_are_4_volumes() {
        let volumes = |sheets| Assumptions::default().volumes(sheets).unwrap();
        for (sheets, expected) in [(0, 0), (1, 1), (300, 1), (301, 2), (1150, 4), (1200, 4)] {
            assert_eq!(volumes(sheets).volumes, expected, "{sheets}");
        }
        assert_eq!(volumes(300).thickness_mm, 36, "300 × 0.12 mm: a binding of 2 to 4 cm");
        assert_eq!(volumes(1150).thickness_mm, 35, "288 × 0.12 mm = 34.56");
    }

    #[test]
    fn a_metre_is_10_boxes_of_10_cm_7_of_15_or_13_of_8() {
        for (box_spine_mm, boxes) in [(100, 10), (150, 7), (80, 13)] {
            let assumed = Assumptions { box_spine_mm, ..Assumptions::default() };
            assert_eq!(assumed.boxes(1000, 0, pack(1)).unwrap().needed, boxes, "{box_spine_mm}");
        }
    }

    #[test]
    fn boxes_less_full_are_more_boxes() {
        let assumed = Assumptions { fill_percent: 90, ..Assumptions::default() };
        assert_eq!(assumed.boxes(23_000, 40, pack(25)).unwrap().needed, 154, "13.8 / 0.09");
    }

    #[test]
    fn absurd_assumptions_are_refused_and_nothing_overflows() {
        let sane = Assumptions::default();
        for absurd in [
            Assumptions { box_spine_mm: 0, ..sane },
            Assumptions { fill_percent: 0, ..sane },
            Assumptions { fill_percent: 101, ..sane },
            Assumptions { shelf_length_mm: 0, ..sane },
            Assumptions { shelves_per_bay: 0, ..sane },
            Assumptions { sheets_per_volume: 0, ..sane },
            Assumptions { sheet_thickness_um: 0, ..sane },
            Assumptions { growth_percent: u32::MAX, ..sane },
        ] {
            assert_eq!(absurd.boxes(1, 0, pack(1)), Err(EstimateError::Assumption), "{absurd:?}");
            assert!(absurd.shelving(1, 0).is_err() && absurd.volumes(1).is_err());
        }
        assert_eq!(sane.boxes(1, 101, pack(1)), Err(EstimateError::Eliminable));
        let most = Assumptions { box_spine_mm: 1, fill_percent: 1, ..sane };
        assert_eq!(most.boxes(u32::MAX, 0, pack(1)), Err(EstimateError::OutOfRange));
        assert_eq!(sane.boxes(1000, 0, pack(u32::MAX)).unwrap().ordered, u32::MAX);
        assert_eq!(sane.shelving(u32::MAX, 0), Err(EstimateError::OutOfRange));
    }
}
