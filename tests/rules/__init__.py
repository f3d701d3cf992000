"""Tests of the rules engine, and the specification that is also its manual."""
