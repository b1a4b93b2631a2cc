"""What keeps a cluster in order by itself, whatever lives in it? (What a kube-controller-manager must do at least.)"""
