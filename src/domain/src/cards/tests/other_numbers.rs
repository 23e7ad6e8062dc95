//! How often other numbers are taken for card numbers: never.

use super::*;

/// Country codes whose numbers begin like cards or have many digits, each with the fewest and the most digits of a
/// number with its country code.
const NUMBERING_PLANS: [(&str, usize, usize); 28] = [
    ("1", 11, 11),
    ("30", 12, 12),
    ("33", 11, 11),
    ("34", 11, 11),
    ("36", 10, 11),
    ("358", 8, 14),
    ("380", 12, 12),
    ("381", 11, 13),
    ("39", 8, 13),
    ("40", 11, 11),
    ("41", 11, 11),
    ("420", 12, 12),
    ("43", 8, 15),
    ("44", 11, 12),
    ("46", 9, 13),
    ("48", 11, 11),
    ("49", 8, 15),
    ("52", 12, 13),
    ("54", 12, 13),
    ("55", 12, 13),
    ("57", 12, 12),
    ("60", 10, 12),
    ("61", 11, 11),
    ("62", 10, 14),
    ("63", 12, 12),
    ("81", 11, 12),
    ("86", 13, 13),
    ("90", 12, 12),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn no_telephone_number_is_a_card_number(
        number in "[1-9][0-9]{7,14}",
        sizes in prop::collection::vec(1_usize..8, 15),
        between in prop::sample::select(vec!["", " ", "-", ".", "\u{a0}", "/"]),
        before in prop::sample::select(vec!["+", "\u{ff0b}", "tel. +", "00"]),
        after in prop::sample::select(vec!["", " ext. 12", ", +905551112233", " (office)"]),
    ) {
        let mut rest = number.as_str();
        let mut groups = Vec::new();
        for size in sizes {
            let (group, others) = rest.split_at(rest.len().min(size));
            groups.push(group);
            rest = others;
            if rest.is_empty() {
                break;
            }
        }
        // After two zeros there is no plus sign that tells where the number ends, so it is in one piece.
        let between = if before == "00" { "" } else { between };
        let text = format!("{before}{}{after}", groups.join(between));
        prop_assert!(!looks_like_card(&text), "{}", text);
    }

    #[test]
    fn no_number_of_a_numbering_plan_is_a_card_number_without_its_plus_sign(
        (code, fewest, most) in prop::sample::select(NUMBERING_PLANS.to_vec()),
        length in 8_usize..16,
        digits in "[1-9][0-9]{14}",
        between in prop::sample::select(vec!["", " ", "-"]),
        text in prop::sample::select(vec!["#", "call # today", "(#)"]),
    ) {
        let national = &digits[..length.clamp(fewest, most) - code.len()];
        let (area, subscriber) = national.split_at(3);
        let text = text.replace('#', &[code, area, subscriber].join(between));
        prop_assert!(!looks_like_card(&text), "{}", text);
    }

    #[test]
    fn no_coordinate_date_or_article_number_is_a_card_number(
        latitude in "-?[1-8]?[0-9]\\.[0-9]{4,7}",
        longitude in "-?1?[0-7]?[0-9]\\.[0-9]{4,7}",
        article in "[0-9]{12}",
        day in 1_u32..29,
        month in 1_u32..13,
        year in 1950_u32..2100,
    ) {
        for text in [
            format!("{latitude},{longitude}"),
            format!("{latitude}, {longitude}"),
            format!("{latitude} {longitude}"),
            format!("{latitude}/{longitude}"),
            format!("{} {}", latitude.replace('.', ","), longitude.replace('.', ",")),
            format!("{day:02}.{month:02}.{year} - {day:02}.{month:02}.{year} 101530"),
            format!("{year}-{month:02}-{day:02} {year}-{month:02}-{day:02}"),
            (0..10).map(|check| format!("{article}{check}")).find(|number| is_article_number(number)).unwrap(),
        ] {
            prop_assert!(!looks_like_card(&text), "{}", text);
        }
    }
}
