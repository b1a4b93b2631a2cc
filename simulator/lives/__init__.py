"""What goes on in a simulated cluster? Controllers by its clock, and what a world says about its workloads."""
