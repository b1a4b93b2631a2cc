"""Tests of the gateway: sessions of clusters, audited requests and their audit entries."""
