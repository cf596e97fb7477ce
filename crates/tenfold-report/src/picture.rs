//! Pictures as PNG inside the page. Both kinds are transparent where there is nothing, so that they lie on any
//! background: ink is black with an alpha channel, weights are one colour for each sign.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, PreEscaped, html};

/// Larger pictures are shrunk to this many pixels on their longer side.
const LARGEST: usize = 64;
/// Shades of each sign.
const SHADES: usize = 24;
/// Colours of negative and positive weights; chosen to be seen on white and on black.
const SIGNS: [[u8; 3]; 2] = [[232, 104, 28], [45, 122, 235]];

/// `[height, width]` bytes (255 ink) as an image of black ink. Nothing where the picture is empty.
pub(crate) fn ink(pixels: &[u8], shape: [usize; 2], alt: &str) -> Markup {
    let shrunk = shrink(pixels, shape, f32::from);
    let Some((values, [height, width])) = shrunk else { return html! {} };
    let data: Vec<u8> = values.iter().flat_map(|&value| [0, value.round() as u8]).collect();
    let mut bytes = Vec::with_capacity(512);
    let encoded = encode(&mut bytes, [height, width], png::ColorType::GrayscaleAlpha, None, &data);
    image(encoded.map(|()| bytes), [height, width], "ink", alt)
}

/// `[height, width]` weights; ±`limit` and beyond are the strongest colours.
pub(crate) fn signed(weights: &[f32], shape: [usize; 2], limit: f32, alt: &str) -> Markup {
    let shrunk = shrink(weights, shape, |weight| if weight.is_finite() { weight } else { 0.0 });
    let Some((values, [height, width])) = shrunk else { return html! {} };
    // Index 0 is nothing, 1..=SHADES negative, SHADES + 1..=2·SHADES positive.
    let index = |&weight: &f32| {
        let shade =
            (weight.abs() / limit.max(f32::MIN_POSITIVE) * SHADES as f32).round().min(SHADES as f32) as usize;
        if shade == 0 { 0 } else { (shade + if weight > 0.0 { SHADES } else { 0 }) as u8 }
    };
    let data: Vec<u8> = values.iter().map(index).collect();
    let mut bytes = Vec::with_capacity(1024);
    let encoded = encode(&mut bytes, [height, width], png::ColorType::Indexed, Some(palette()), &data);
    image(encoded.map(|()| bytes), [height, width], "weights", alt)
}

/// Colours and alphas of [`signed`].
fn palette() -> (Vec<u8>, Vec<u8>) {
    let (mut colours, mut alphas) = (vec![0, 0, 0], vec![0]);
    for sign in SIGNS {
        for shade in 1..=SHADES {
            colours.extend(sign);
            alphas.push((255 * shade / SHADES) as u8);
        }
    }
    (colours, alphas)
}

/// The picture as numbers, averaged over whole blocks where it is larger than [`LARGEST`].
fn shrink<T: Copy>(
    pixels: &[T],
    [height, width]: [usize; 2],
    value: impl Fn(T) -> f32,
) -> Option<(Vec<f32>, [usize; 2])> {
    if pixels.is_empty() || height.checked_mul(width) != Some(pixels.len()) {
        return None;
    }
    let block = height.max(width).div_ceil(LARGEST);
    let (rows, columns) = (height.div_ceil(block), width.div_ceil(block));
    let mut values = Vec::with_capacity(rows * columns);
    for top in (0..height).step_by(block) {
        for left in (0..width).step_by(block) {
            let (bottom, right) = ((top + block).min(height), (left + block).min(width));
            let sum: f32 = (top..bottom)
                .flat_map(|y| &pixels[y * width + left..y * width + right])
                .map(|&p| value(p))
                .sum();
            values.push(sum / ((bottom - top) * (right - left)) as f32);
        }
    }
    Some((values, [rows, columns]))
}

fn encode(
    bytes: &mut Vec<u8>,
    [height, width]: [usize; 2],
    colour: png::ColorType,
    palette: Option<(Vec<u8>, Vec<u8>)>,
    data: &[u8],
) -> Result<(), png::EncodingError> {
    let mut encoder = png::Encoder::new(bytes, width as u32, height as u32);
    encoder.set_color(colour);
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::Filter::NoFilter);
    if let Some((colours, alphas)) = palette {
        encoder.set_palette(colours);
        encoder.set_trns(alphas);
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(data)?;
    writer.finish()
}

fn image(
    bytes: Result<Vec<u8>, png::EncodingError>,
    [height, width]: [usize; 2],
    class: &str,
    alt: &str,
) -> Markup {
    let Ok(bytes) = bytes else { return html! {} };
    let mut source = String::from("data:image/png;base64,");
    STANDARD.encode_string(&bytes, &mut source);
    html! { img class=(class) alt=(alt) width=(width) height=(height) src=(PreEscaped(source)); }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(html: &str) -> (png::OutputInfo, Vec<u8>) {
        let source = html.split("base64,").nth(1).unwrap().split('"').next().unwrap();
        let bytes = STANDARD.decode(source).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut data = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut data).unwrap();
        (info, data)
    }

    #[test]
    fn ink_becomes_alpha() {
        let (info, data) = decode(&ink(&[0, 10, 255, 7, 0, 3], [2, 3], "a \"b\"").into_string());
        assert_eq!((info.width, info.height), (3, 2));
        assert_eq!(data, [0, 0, 0, 10, 0, 255, 0, 7, 0, 0, 0, 3]);
        assert!(ink(&[], [0, 0], "").into_string().is_empty());
        assert!(ink(&[1, 2], [2, 2], "").into_string().is_empty());
    }

    #[test]
    fn large_pictures_are_averaged() {
        let pixels: Vec<u8> = (0..130 * 100).map(|i| if i % 100 < 99 { 60 } else { 0 }).collect();
        let (info, data) = decode(&ink(&pixels, [130, 100], "x").into_string());
        assert_eq!((info.width, info.height), (34, 44));
        assert_eq!((data[1], data[2 * 33 + 1]), (60, 0));
    }

    #[test]
    fn weights_keep_their_sign_and_saturate() {
        let html = signed(&[-9.0, -0.5, 0.0, f32::NAN, 0.5, 1.0], [1, 6], 1.0, "w").into_string();
        let (_, data) = decode(&html);
        assert_eq!(data, [24, 12, 0, 0, 36, 48]);
    }
}
