//! Everything in a repository that can be a model, to choose from.

use crate::plan::{Pickle, plan};
use crate::{HubError, ModelAddress, ModelRecord, RepoFile, RepoRevision};

/// A repository that was asked for, and the models in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoOffer {
    /// What it is now.
    pub revision: RepoRevision,
    /// Its page on the hub, for people.
    pub page: String,
    /// At least one.
    pub models: Vec<OfferedModel>,
}

/// A model that can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedModel {
    /// Its files.
    pub record: ModelRecord,
    /// Its weights are in Python's pickle format only: the person has to agree.
    pub pickle: bool,
}

impl RepoOffer {
    /// All models that an address can mean: one where it names a file, else every quantisation and the folder.
    pub(crate) fn of(
        address: &ModelAddress,
        revision: RepoRevision,
        files: &[RepoFile],
        page: String,
    ) -> Result<Self, HubError> {
        let planned =
            |address: &ModelAddress, pickle| plan(address, revision.clone(), files, pickle);
        let whole = |address: &ModelAddress| match planned(address, Pickle::Refused) {
            Ok(record) => Ok(OfferedModel { record, pickle: false }),
            Err(refused) => match planned(address, Pickle::Accepted) {
                Ok(record) => Ok(OfferedModel { record, pickle: true }),
                Err(_) => Err(refused),
            },
        };
        let quantised = files.iter().filter(|file| file.path.ends_with(".gguf"));
        let mut models: Vec<OfferedModel> = match address.file {
            Some(_) => Vec::new(),
            None => quantised
                .map(|file| ModelAddress { file: Some(file.path.clone()), ..address.clone() })
                .filter_map(|address| whole(&address).ok())
                .collect(),
        };
        let usual = whole(address);
        if models.is_empty() {
            models.push(usual?);
        } else if let Ok(usual) = usual {
            models.push(usual);
        }
        models.sort_by_key(|model| (model.record.bytes(), model.record.name()));
        models.dedup_by_key(|model| model.record.name());
        Ok(Self { revision, page, models })
    }
}
