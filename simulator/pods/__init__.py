"""Pod subresources: logs, exec, attach and eviction."""
