//! The corridor's second half: findings to what is sent.

use super::{Preflight, looked::Looked};
use crate::{
    check::{self, request::Terms},
    error::Error,
    fault::contained,
    finding::Finding,
    observe::Stage,
    options::Limits,
    recompress::{self, Bound, Encoded, Infeasible, Source},
    report::Sent,
    request::{Envelope, Request},
    rules::Family,
    submission::{Image, Step, Submission},
};
use rayon::prelude::*;
use std::borrow::Cow;

impl Preflight {
    /// Findings to what is sent: fit, look again at what was encoded anew.
    pub(super) fn plan(
        &self,
        submission: &Submission<'_>,
        terms: &Terms,
        skip_analysis: bool,
        looks: &mut [Looked],
        findings: &mut Vec<Finding>,
    ) -> Result<Option<(Plan, Vec<Sent>)>, Error> {
        let service = &self.options.service;
        let upper = |given: &Option<String>| given.as_ref().map(|g| g.trim().to_ascii_uppercase());
        let envelope = Envelope {
            token_field: service.token_field,
            token: submission.effective_token().cloned(),
            scan_ref: submission.session.as_ref().and_then(|s| s.scan_ref.clone()),
            // What was not understood and allowed all the same is sent as it was given.
            country: terms.country.map(|c| c.to_string()).or(upper(&submission.country)),
            document_type: terms.document_type.map(|t| t.to_string()).or(upper(&submission.document_type)),
            skip_analysis,
        };
        let sources: Vec<Source<'_>> = submission
            .images
            .iter()
            .zip(&*looks)
            .map(|(image, looked)| Source {
                step: &image.step,
                bytes: looked.replacement.as_deref().unwrap_or(&image.bytes),
                header: &looked.header,
                hint: looked.hint(),
            })
            .collect();
        let overhead = envelope.overhead(sources.iter().map(|s| s.step));
        let limits = &self.options.limits;
        let time = limits.max_time.saturating_mul(u32::try_from(sources.len()).unwrap_or(u32::MAX));
        let limits = &Limits { max_time: time, ..limits.clone() }.watched(&self.cancel);
        let size = sources.iter().map(|s| s.bytes.len()).sum();
        let fitted = || self.fitted(&sources, overhead, limits, findings);
        let encoded = self.observer.timed(Stage::Fit, size, fitted);
        self.cancel.check()?;
        let Some(encoded) = encoded else { return Ok(None) };
        let again = sources.par_iter().zip(&encoded).zip(&*looks).map(|((source, encoded), looked)| {
            let (sent, found) = self.again(source.step, encoded);
            let converted = looked.replacement.is_some();
            let quality = sent.quality.or_else(|| source.header.jpeg_quality().filter(|_| converted));
            (Sent { recompressed: sent.recompressed || converted, quality, ..sent }, found)
        });
        let mut sent = Vec::with_capacity(encoded.len());
        let again = again.collect::<Vec<_>>();
        self.cancel.check()?;
        let mut seen_again = Vec::new();
        for (i, (one, found)) in again.into_iter().enumerate() {
            let (call, picture): (Vec<_>, Vec<_>) = found.into_iter().partition(|f| f.family() == Family::Request);
            findings.extend(call);
            seen_again.extend(picture.into_iter().map(|f| (i, f)));
            sent.push(one);
        }
        self.settle(findings);
        if !seen_again.is_empty() || findings.iter().any(Finding::denies) {
            for (i, finding) in seen_again {
                looks.get_mut(i).into_iter().for_each(|looked| looked.findings.push(finding.clone()));
            }
            return Ok(None);
        }
        let new: Vec<Option<Vec<u8>>> = encoded
            .into_iter()
            .map(|encoded| match encoded.bytes {
                Cow::Owned(bytes) => Some(bytes),
                Cow::Borrowed(_) => None,
            })
            .collect();
        let new = new.into_iter().zip(looks).map(|(new, looked)| new.or(looked.replacement.take())).collect();
        Ok(Some((Plan { envelope, new }, sent)))
    }

    /// Fits the images, over the cap on one image too where its rule is allowed to; `None` when a finding denies it.
    fn fitted<'s>(
        &self,
        sources: &[Source<'s>],
        overhead: u64,
        limits: &Limits,
        findings: &mut Vec<Finding>,
    ) -> Option<Vec<Encoded<'s>>> {
        let mut service = self.options.service.clone();
        loop {
            let encoded = contained("encoder", || recompress::fit(sources, overhead, &service, limits));
            let infeasible = match limits.in_time().and(encoded) {
                Ok(Ok(encoded)) => return Some(encoded),
                Ok(Err(infeasible)) => infeasible,
                Err(refusal) => {
                    findings.push(check::container::refusal(&refusal, limits));
                    return None;
                }
            };
            let (least, at, asked) = (infeasible.least, infeasible.limit, self.options.service.max_image_base64);
            let limit = asked.filter(|_| infeasible.bound == Bound::Image).unwrap_or(at);
            let mut finding = check::budget::over_budget(&Infeasible { limit, ..infeasible });
            self.options.levels.apply(&mut finding);
            let denied = finding.denies();
            if !findings.iter().any(|f| f.rule == finding.rule && f.step == finding.step) {
                findings.push(finding);
            }
            if denied {
                return None;
            }
            // The cap rises every time, and no further than this image needs.
            service.max_image_base64 = Some(least).filter(|least| *least > at);
        }
    }

    /// Looks at what was encoded anew as if it had come from the user; what denies it is a finding on the image.
    fn again(&self, step: &Step, encoded: &Encoded<'_>) -> (Sent, Vec<Finding>) {
        let mut sent = Sent::of(encoded);
        if !encoded.recompressed {
            return (sent, Vec::new());
        }
        let coarse = encoded.coarse_dpi.map(|dpi| check::budget::coarsened(step, dpi));
        let mut looked = self.look(&Image::new(step.clone(), "", &*encoded.bytes));
        self.settle(&mut looked.findings);
        sent.scores = Some(looked.scores);
        let denied = looked.findings.into_iter().filter(Finding::denies).map(|f| Finding {
            message: format!("Made small enough for the limit: {}", f.message),
            help: "Send fewer or smaller images; ask for a photo of the document that fills the frame.".to_owned(),
            ..f
        });
        (sent, denied.chain(coarse).collect())
    }
}

/// What is sent.
pub(super) struct Plan {
    envelope: Envelope,
    /// For each image the file to send in place of the given one.
    new: Vec<Option<Vec<u8>>>,
}

impl Plan {
    /// The request. A file is freed as soon as it is in the body, unless it is the caller's.
    pub(super) fn assemble(self, submission: Cow<'_, Submission<'_>>) -> Request {
        let given: Vec<(Step, Cow<'_, [u8]>)> = match submission {
            Cow::Owned(submission) => submission.images.into_iter().map(|image| (image.step, image.bytes)).collect(),
            Cow::Borrowed(submission) => {
                submission.images.iter().map(|image| (image.step.clone(), Cow::Borrowed(&*image.bytes))).collect()
            }
        };
        let images = given.into_iter().zip(self.new);
        self.envelope.assemble(images.map(|((step, given), new)| (step, new.map_or(given, Cow::Owned))).collect())
    }
}
