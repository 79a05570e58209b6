//! Country codes: ISO 3166-1 alpha-2 and `XK` (Kosovo), the 250 that the service's own list has.

use serde::{Deserialize, Serialize, de::Error};
use std::{fmt, str::FromStr};

/// The 249 officially assigned codes of ISO 3166-1, in order. `XK` is user-assigned and taken beside them.
const ASSIGNED: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY \
    BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK \
    FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR \
    IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK \
    ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM \
    PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF \
    TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// A country code, upper case.
///
/// ```
/// use idenfy_preflight::country::Country;
/// let lithuania: Country = " lt ".parse().unwrap();
/// assert_eq!(lithuania.code(), "LT");
/// assert!("UK".parse::<Country>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// The two letters, upper case.
    ///
    /// ```
    /// use idenfy_preflight::country::Country;
    /// assert_eq!("lt".parse::<Country>().map(|country| country.code().to_owned()), Ok("LT".to_owned()));
    /// ```
    pub fn code(&self) -> &str {
        // Made from two ASCII letters only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// What was probably meant by a code that is none, as people commonly write it.
    ///
    /// ```
    /// use idenfy_preflight::country::Country;
    /// assert_eq!(Country::suggestion("uk"), Some("GB"));
    /// assert_eq!(Country::suggestion("Atlantis"), None);
    /// ```
    pub fn suggestion(input: &str) -> Option<&'static str> {
        match input.trim().to_ascii_uppercase().as_str() {
            "UK" | "GBR" | "ENG" | "SCT" | "WLS" | "NIR" => Some("GB"),
            "EL" | "GRC" => Some("GR"),
            "USA" => Some("US"),
            "KOS" | "XKX" | "RKS" => Some("XK"),
            "LTU" => Some("LT"),
            "DEU" | "GER" | "D" => Some("DE"),
            "FRA" => Some("FR"),
            "POL" => Some("PL"),
            "ESP" => Some("ES"),
            "ITA" => Some("IT"),
            "UKR" => Some("UA"),
            "ROU" | "ROM" => Some("RO"),
            "NLD" => Some("NL"),
            "TUR" => Some("TR"),
            "IND" => Some("IN"),
            "CHN" => Some("CN"),
            "BRA" => Some("BR"),
            "CAN" => Some("CA"),
            "AUS" => Some("AU"),
            _ => None,
        }
    }
}

impl FromStr for Country {
    type Err = ();

    /// Takes a code in any case, with blanks around it.
    fn from_str(input: &str) -> Result<Self, ()> {
        let upper = input.trim().to_ascii_uppercase();
        let code = <[u8; 2]>::try_from(upper.as_bytes()).map_err(drop)?;
        (upper == "XK" || ASSIGNED.split(' ').any(|c| c == upper)).then_some(Self(code)).ok_or(())
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Country {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        code.parse().map_err(|()| D::Error::custom(format!("{code:?} is no ISO 3166-1 alpha-2 code or XK")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_standard_and_kosovo() {
        for a in b'A'..=b'Z' {
            for b in b'A'..=b'Z' {
                let code = String::from_utf8(vec![a, b]).unwrap();
                let official = rust_iso3166::from_alpha2(&code).is_some() || code == "XK";
                assert_eq!(Country::from_str(&code).is_ok(), official, "{code}");
            }
        }
    }

    #[test]
    fn any_case_in_upper_case_out() {
        assert_eq!(Country::from_str(" lt ").unwrap().code(), "LT");
        for bad in ["", "L", "LTU", "UK", "EL", "EU", "ÅÅ", "L T"] {
            assert!(Country::from_str(bad).is_err(), "{bad}");
        }
        assert_eq!(Country::suggestion("uk"), Some("GB"));
    }
}
