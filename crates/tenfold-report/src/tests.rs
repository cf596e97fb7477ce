//! What must hold for every report: one file, nothing asked of anyone, nothing unescaped, no panic.

use std::collections::HashSet;

use tenfold::Dataset;
use tenfold::evaluate::attacks::Attack;
use tenfold::evaluate::corruptions::Corruption;
use tenfold::evaluate::rejection::{KindFigures, Rejection, RejectionFigures, risk_coverage};
use tenfold::evaluate::{AttackFigures, CorruptionFigures, Evaluation, FullEvaluation, Predictions};
use tenfold::model::{DataInfo, Sequential};
use tenfold::train::{EpochFigures, History};

use crate::{ReportInput, Timing, render};

/// A run whose images are squares, whose network is nearly always right, and whose every `wrong`th answer is not.
struct Run {
    model: Sequential,
    test: Dataset,
    predictions: Predictions,
    history: History,
    name: &'static str,
    training: &'static str,
    full: Option<FullEvaluation>,
}

impl Run {
    fn new(shape: [usize; 2], classes: usize, images: usize, wrong: usize, epochs: usize) -> Self {
        let labels: Vec<u8> = (0..images).map(|i| (i % classes) as u8).collect();
        let pixels = (0..images * shape[0] * shape[1]).map(|i| (i * 7 % 256) as u8).collect();
        let test = Dataset::new("the test set", shape, pixels, labels.clone()).unwrap().with_classes(classes);
        let mut model = Sequential::new(shape).flatten().dense(20).relu().dense(classes).softmax();
        model.initialise(1).unwrap();
        let mut probabilities = vec![0.1 / classes as f32; images * classes];
        for (index, &label) in labels.iter().enumerate() {
            let shift = usize::from(wrong > 0 && index % wrong == 0);
            probabilities[index * classes + (usize::from(label) + shift) % classes] = 0.9;
        }
        let history = History {
            epochs: (0..epochs)
                .map(|e| EpochFigures {
                    epoch: e + 1,
                    loss: 1.0 / (e + 1) as f64,
                    accuracy: 1.0 - 0.5 / (e + 1) as f64,
                    validation_loss: Some(1.0 + (e as f64 - 3.0).abs()),
                    validation_accuracy: Some(0.5),
                    learning_rate: 0.001,
                    seconds: 0.05,
                })
                .collect(),
            ..History::default()
        };
        let predictions = Predictions { classes, probabilities };
        Self { model, test, predictions, history, name: "run", training: "MNIST", full: None }
    }

    fn evaluation(&self) -> Evaluation {
        Evaluation::of(&self.predictions, &self.test).unwrap()
    }

    fn render(&self) -> String {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        render(&ReportInput {
            run: self.name,
            when: "2025-03-14 15:09",
            command: "tenfold train --name '<&>'",
            notes: &["no <b>mirror</b> answered".to_owned()],
            model: &self.model,
            history: &self.history,
            training_data: DataInfo { name: self.training.into(), images: 60_000, sha256: "ab".repeat(32) },
            validation_images: 6000,
            mixed_in: 13_500,
            test: &self.test,
            test_sha256: "cd",
            predictions: &self.predictions,
            evaluation: &self.evaluation(),
            full: self.full.as_ref(),
            recipe: &[pair("optimizer", "Adam(<0.001>)")],
            timing: Timing { fit_seconds: 0.61, total_seconds: 1.0, threads: 2, simd: "avx2".into() },
            versions: &[pair("tenfold", "0.1.0")],
        })
    }
}

/// Every tag is closed in order, every id is there once and every `#` leads to one.
fn check(html: &str) {
    const VOID: [&str; 3] = ["meta", "img", "br"];
    let (mut open, mut ids, mut wanted) = (Vec::new(), HashSet::new(), Vec::new());
    let body = html.strip_prefix("<!DOCTYPE html>").unwrap();
    for piece in body.split('<').skip(1) {
        let tag = piece.split('>').next().unwrap();
        assert!(piece.contains('>'), "unfinished tag {piece}");
        let name = tag.split(' ').next().unwrap();
        if let Some(name) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !VOID.contains(&name) {
            open.push(name);
        }
        for (marker, attribute) in [(" id=\"", true), (" href=\"#", false), (" aria-labelledby=\"", false)] {
            if let Some(value) = tag.split(marker).nth(1).map(|rest| rest.split('"').next().unwrap()) {
                if attribute { assert!(ids.insert(value), "{value} twice") } else { wanted.push(value) }
            }
        }
        assert!(name != "img" || tag.contains(" alt=\""), "{tag}");
        assert!(name != "table" || piece.len() > 5);
    }
    assert!(open.is_empty(), "{open:?}");
    assert!(wanted.iter().all(|id| ids.contains(id)), "{wanted:?}");
    for forbidden in ["http://", "https://", "//fonts", "<script", "<link", "@import", "url(", "NaN", "inf\""]
    {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    assert_eq!(html.matches("<table").count(), html.matches("<caption").count());
    assert_eq!(html.matches("<h1").count(), 1);
}

#[test]
fn an_ordinary_run_shows_the_evaluations_figures() {
    let run = Run::new([28, 28], 10, 2000, 40, 10);
    let html = run.render();
    check(&html);
    let e = run.evaluation();
    assert_eq!(e.correct, 1950);
    for text in [
        "97.50\u{a0}%",
        "96.72\u{a0}% to 98.10\u{a0}%",
        "of 2,000 test images",
        "overfits after epoch 4",
        "0 read as",
    ] {
        assert!(html.contains(text) || html.replace("</b>", "").replace("<b>", "").contains(text), "{text}");
    }
    assert!(html.contains(&format!("{:.4}", e.loss)));
    assert!(html.contains(&format!("{:.2}\u{a0}%", 100.0 * e.expected_calibration_error)));
    assert!(
        html.contains("60,000 images")
            && html.contains("6,000 of them held back")
            && html.contains("0.61\u{a0}s")
    );
    assert_eq!(html.matches("class=\"ink\"").count(), 24 + 32);
    assert_eq!(html.matches("class=\"weights\"").count(), 20);
    assert!(html.len() < 600_000, "{}", html.len());
}

#[test]
fn everything_from_outside_is_escaped() {
    let mut run = Run::new([4, 4], 3, 30, 7, 2);
    run.name = "<script>alert('x')</script> & \"quoted\"";
    run.training = "<i>mine</i>";
    let html = run.render();
    check(&html);
    assert!(html.contains("&lt;script&gt;alert('x')&lt;/script&gt; &amp; &quot;quoted&quot;"));
    assert!(html.contains("no &lt;b&gt;mirror&lt;/b&gt; answered") && html.contains("Adam(&lt;0.001&gt;)"));
    assert!(html.contains("'&lt;&amp;&gt;'") && !html.contains("<i>"));
}

#[test]
fn unusual_runs_have_a_report_too() {
    for (shape, classes, images, wrong, epochs) in [
        ([28, 28], 10, 100, 0, 1),  // no mistake, one epoch
        ([1, 1], 1, 1, 0, 1),       // one of everything
        ([28, 28], 10, 50, 1, 300), // nothing right, many epochs
        ([16, 20], 62, 700, 9, 60), // many classes, other shape
        ([1, 300], 2, 10, 3, 2),    // a strip
        ([200, 150], 5, 40, 4, 2),  // large images
        ([8, 8], 10, 5, 2, 0),      // fewer images than classes, no epoch
    ] {
        let html = Run::new(shape, classes, images, wrong, epochs).render();
        check(&html);
        assert!(html.len() < 600_000, "{shape:?} {classes}: {}", html.len());
        assert_eq!(html.contains("How it learnt"), epochs > 0);
        assert_eq!(html.contains("every test image was read right"), wrong == 0);
    }
}

#[test]
fn a_run_without_validation_says_so() {
    let mut run = Run::new([4, 4], 3, 30, 7, 5);
    for epoch in &mut run.history.epochs {
        (epoch.validation_loss, epoch.validation_accuracy) = (None, None);
    }
    let html = run.render();
    check(&html);
    assert!(html.contains("held back no images for validation") && !html.contains("overfits after epoch"));
    assert!(!html.contains("curve validation"));
}

#[test]
fn strokes_are_named_plainly() {
    let mut run = Run::new([4, 4], 3, 30, 7, 1);
    assert!(!run.render().contains("drawn by the program itself"));
    run.training = "strokes";
    assert!(run.render().contains("Trained on strokes, handwriting drawn by the program itself"));
}

#[test]
fn figures_that_are_no_numbers_and_parts_that_do_not_fit_do_not_panic() {
    let mut run = Run::new([4, 4], 3, 30, 7, 4);
    run.predictions.probabilities.fill(f32::NAN);
    run.history.epochs[1].loss = f64::NAN;
    run.history.epochs[2].validation_loss = Some(f64::INFINITY);
    run.history.epochs[2].accuracy = f64::NEG_INFINITY;
    run.model = Sequential::new([9, 9]).dense(3);
    let html = run.render();
    check(&html);
    assert!(html.contains("not a number") && !html.contains("What the first layer looks for"));

    let run = Run::new([4, 4], 3, 30, 7, 4);
    let evaluation = Evaluation::default();
    let html = render(&ReportInput {
        run: "r",
        when: "",
        command: "",
        notes: &[],
        model: &run.model,
        history: &History::default(),
        training_data: DataInfo::default(),
        validation_images: 0,
        mixed_in: 0,
        test: &run.test.slice(0..0),
        test_sha256: "",
        predictions: &run.predictions,
        evaluation: &evaluation,
        full: None,
        recipe: &[],
        timing: Timing::default(),
        versions: &[],
    });
    check(&html);
}

#[test]
fn a_full_evaluation_has_its_section_and_an_ordinary_one_has_not() {
    let mut run = Run::new([28, 28], 10, 2000, 40, 3);
    assert!(!run.render().contains("id=\"robustness\""));
    let corruptions = Corruption::all().map(|corruption| CorruptionFigures {
        corruption,
        correct: 1000,
        accuracy: 0.5,
        interval: [0.48, 0.52],
    });
    let attacks = [(Attack::Fgsm, 0.25), (Attack::Pgd, 0.125)].map(|(attack, accuracy)| AttackFigures {
        attack,
        epsilon: 0.1,
        accuracy,
    });
    let full = FullEvaluation {
        images: 2000,
        accuracy: 0.975,
        brier_score: 0.0351,
        corruptions_note: "our <own> ones".into(),
        corruptions: corruptions.to_vec(),
        mean_corrupted_accuracy: 0.5,
        attack_images: 1000,
        attack_clean_accuracy: Some(0.98),
        attacks: attacks.to_vec(),
        ..FullEvaluation::default()
    };
    run.full = Some(full.clone());
    let html = run.render();
    check(&html);
    for text in
        ["Canny edges", "50.00\u{a0}%", "12.50\u{a0}%", "0.0351", "our &lt;own&gt; ones", "1,000 test images"]
    {
        assert!(html.contains(text), "{text}");
    }
    assert_eq!(html.matches("class=\"plate\"").count(), 3 * 16);
    assert!(!html.contains("disagree with") && html.len() < 700_000, "{}", html.len());

    // Figures that are no numbers, none at all, and other images than the run's.
    for full in [
        FullEvaluation {
            brier_score: f64::NAN,
            attacks: vec![AttackFigures { attack: Attack::Pgd, epsilon: f64::NAN, accuracy: f64::INFINITY }],
            ..full
        },
        FullEvaluation { no_attacks: Some("<why>".into()), ..FullEvaluation::default() },
    ] {
        let mut run = Run::new([1, 300], 2, 2, 0, 1);
        run.full = Some(full);
        check(&run.render());
    }
}

#[test]
fn what_is_no_digit_has_its_section_where_it_was_measured() {
    let mut run = Run::new([28, 28], 10, 2000, 40, 3);
    run.full = Some(FullEvaluation::default());
    assert!(!run.render().contains("id=\"rejection\""));
    let rejection = Rejection { known: 2000, unknown: 1000, auroc: 0.9321, fpr_at_95_tpr: 0.0625 };
    let scores: Vec<f32> = (0..2000).map(|index| index as f32).collect();
    let right: Vec<bool> = (0..2000).map(|index| index >= 20).collect();
    let figures = RejectionFigures {
        kinds: vec![KindFigures { kind: "<letters>".into(), rejection }],
        letters_and_pieces: Rejection { auroc: 0.8765, ..rejection },
        noise_and_textures: Rejection { auroc: 0.9876, ..rejection },
        risk_coverage: risk_coverage(&scores, &right),
        sure: 1500,
        sure_right: 1499,
    };
    let mut draw = |figures: &RejectionFigures| {
        run.full = Some(FullEvaluation { rejection: Some(figures.clone()), ..FullEvaluation::default() });
        let html = run.render();
        check(&html);
        html
    };
    let html = draw(&figures);
    for text in [
        "87.65\u{a0}%",
        "98.76\u{a0}%",
        "0.9321",
        "6.25\u{a0}%",
        "&lt;letters&gt;",
        "1,500 answers are given",
        "1,499 of them are right, 1 wrong",
        "has no output for “no digit”",
        "With every image answered, 1.00\u{a0}% of the answers are wrong",
        "98.00\u{a0}% answered, 0.00\u{a0}% of the answers wrong",
    ] {
        assert!(html.contains(text), "{text}");
    }

    // Figures that are no numbers, no wrong answer, a single image, none at all.
    let nan = Rejection::of(&[], &[]);
    let mut broken = RejectionFigures { letters_and_pieces: nan, noise_and_textures: nan, ..figures.clone() };
    broken.risk_coverage[3].risk = f64::NAN;
    assert!(draw(&broken).contains("not a number"));
    for risk_coverage in [risk_coverage(&scores, &[true; 2000]), risk_coverage(&[0.5], &[false]), vec![]] {
        let html = draw(&RejectionFigures { risk_coverage, sure: 0, sure_right: 0, ..figures.clone() });
        assert!(html.contains("0 answers are given with at least 99\u{a0}% confidence."));
    }
}
