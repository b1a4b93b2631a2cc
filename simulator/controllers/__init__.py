"""Controllers of kube-controller-manager, the scheduler and kubelets: one file each, run by Controllers."""
