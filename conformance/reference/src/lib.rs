//! A plain OAuth client with one switch a defect, which the suite judges itself by.
