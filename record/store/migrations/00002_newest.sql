-- +goose Up
-- Sealed under the newest names key that anything was sealed under; NULL: nothing was.
-- names stays sealed under the one that all is sealed under at least, until a reseal.
ALTER TABLE record_head ADD COLUMN newest BYTEA;
