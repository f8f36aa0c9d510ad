//! Enumerations that travel: each value has one code for rows, files and journals,
//! and one French wording for people.
//!
//! Both stand beside the value, so that a new value cannot be added without them.
//! `Display` is the French one.

/// Declares an enumeration with `ALL`, `code`, `from_code` and `french`.
macro_rules! coded_enum {
    ($(#[$doc:meta])* $vis:vis enum $name:ident {
        $($(#[$value_doc:meta])* $value:ident => ($code:literal, $french:literal)),+ $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $($(#[$value_doc])* $value),+
        }

        impl $name {
            $vis const ALL: &[Self] = &[$(Self::$value),+];

            /// What rows, files and the journal hold.
            $vis fn code(self) -> &'static str {
                match self {
                    $(Self::$value => $code),+
                }
            }

            $vis fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.code() == code)
            }

            /// What a person reads.
            $vis fn french(self) -> &'static str {
                match self {
                    $(Self::$value => $french),+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.french())
            }
        }
    };
}

pub(crate) use coded_enum;

#[cfg(test)]
mod tests {
    coded_enum! {
        /// Two values are enough to see the pattern.
        enum Side {
            Left => ("left", "gauche"),
            Right => ("right", "droite"),
        }
    }

    #[test]
    fn every_value_is_found_by_its_code_and_nothing_else_is() {
        for side in Side::ALL {
            assert_eq!(Side::from_code(side.code()), Some(*side), "{}", side.french());
        }
        assert_eq!(Side::from_code("Left"), None);
    }
}
