"""Makes departments' files for a made-up district from a pack's contracts, calibration and SELECTs."""
