"""What do kube-controller-manager, the scheduler and the kubelets do? One file for each of them, run by Controllers."""
